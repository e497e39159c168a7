-- rows: one, the metapage of a B-tree with its header
-- since: 14
-- needs: pageinspect, and a superuser or a superuser's function with this body
-- cost: one page, read twice
-- docs: https://www.postgresql.org/docs/current/pageinspect.html
select h.lsn::text as lsn,
       h.checksum::int8 as checksum,
       h.flags::int8 as flags,
       h.lower::int8 as lower,
       h.upper::int8 as upper,
       h.special::int8 as special,
       h.pagesize::int8 as pagesize,
       h.prune_xid::text::int8 as prune_xid,
       b.version::int8 as version,
       b.root::int8 as root,
       b.level::int8 as level,
       b.fastroot::int8 as fastroot,
       b.fastlevel::int8 as fastlevel,
       b.allequalimage as allequalimage
  from pg_catalog.pg_class c
  join pg_catalog.pg_am m on m.oid = c.relam and m.amname = 'btree'
 cross join lateral {schema}.get_raw_page(c.oid::regclass::text, $2::int8) r(page)
 cross join lateral {schema}.page_header(r.page) h
 cross join lateral {schema}.bt_metap(c.oid::regclass::text) b
 where c.oid = $1::oid and c.relkind = 'i' and $2::int8 = 0
 order by b.root
 limit 1;
