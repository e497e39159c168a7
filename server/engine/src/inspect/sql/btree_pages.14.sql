-- rows: one for each entry of a page of a B-tree, each with the page's header and place; one where there are none
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
       s.type::text as type,
       s.live_items::int8 as live_items,
       s.dead_items::int8 as dead_items,
       s.free_size::int8 as free_size,
       s.btpo_prev::int8 as btpo_prev,
       s.btpo_next::int8 as btpo_next,
       s.btpo_level::int8 as btpo_level,
       s.btpo_flags::int8 as btpo_flags,
       i.itemoffset::int8 as itemoffset,
       i.itemlen::int8 as itemlen,
       (i.ctid::text::point)[0]::int8 as block,
       i.htid::text as htid,
       coalesce(pg_catalog.cardinality(i.tids), 0)::int8 as tids,
       coalesce(pg_catalog.array_to_string(i.tids[1:4], ' '), '') as first_tids,
       i.dead as dead,
       coalesce(i.nulls, false) as nulls
  from pg_catalog.pg_class c
  join pg_catalog.pg_am m on m.oid = c.relam and m.amname = 'btree'
 cross join lateral {schema}.get_raw_page(c.oid::regclass::text, $2::int8) r(page)
 cross join lateral {schema}.page_header(r.page) h
 cross join lateral {schema}.bt_page_stats(c.oid::regclass::text, $2::int8) s
  left join lateral {schema}.bt_page_items(r.page) i on true
 where c.oid = $1::oid and c.relkind = 'i'
 order by i.itemoffset
 limit 2000;
