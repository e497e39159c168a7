-- rows: one for each line pointer of a page of a heap, each with the page's header; one where there are none
-- since: 14
-- needs: pageinspect, and a superuser or a superuser's function with this body
-- cost: one page
-- docs: https://www.postgresql.org/docs/current/pageinspect.html
select h.lsn::text as lsn,
       h.checksum::int8 as checksum,
       h.flags::int8 as flags,
       h.lower::int8 as lower,
       h.upper::int8 as upper,
       h.special::int8 as special,
       h.pagesize::int8 as pagesize,
       h.prune_xid::text::int8 as prune_xid,
       i.lp::int8 as lp,
       i.lp_off::int8 as lp_off,
       i.lp_flags::int8 as lp_flags,
       i.lp_len::int8 as lp_len,
       i.t_xmin::text::int8 as t_xmin,
       i.t_xmax::text::int8 as t_xmax,
       (i.t_ctid::text::point)[0]::int8 as next_block,
       (i.t_ctid::text::point)[1]::int8 as next_lp,
       i.t_hoff::int8 as t_hoff,
       i.t_infomask::int8 as t_infomask,
       i.t_infomask2::int8 as t_infomask2
  from pg_catalog.pg_class c
  join pg_catalog.pg_am m on m.oid = c.relam and m.amname = 'heap'
 cross join lateral {schema}.get_raw_page(c.oid::regclass::text, $2::int8) r(page)
 cross join lateral {schema}.page_header(r.page) h
  left join lateral {schema}.heap_page_items(r.page) i on true
 where c.oid = $1::oid and c.relkind in ('r', 'm', 't')
 order by i.lp
 limit 2000;
