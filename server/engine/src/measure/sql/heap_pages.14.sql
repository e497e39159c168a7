-- rows: one, live rows on these pages of a table and the bytes that they need on a page
-- since: 14
-- needs: pageinspect, superuser
-- cost: the pages that are named
-- docs: https://www.postgresql.org/docs/current/pageinspect.html
select count(distinct b.blkno)::int8 as blocks,
       count(i.lp)::float8 as live_rows,
       coalesce(sum(i.lp_len), 0)::float8 as live_bytes
  from pg_catalog.unnest($2::int8[]) b(blkno)
  left join lateral {schema}.heap_page_items({schema}.get_raw_page($1::oid::regclass::text, b.blkno)) i
    on i.lp_flags = 1
   -- 1024: deleted, 128: only locked, 512 without 256: never committed (htup_details.h)
   and not (i.t_infomask & 1024 <> 0 and i.t_infomask & 128 = 0)
   and i.t_infomask & 768 <> 512
 order by 1
 limit 1;
