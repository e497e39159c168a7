-- rows: one, how full the leaves among these pages of a B-tree are
-- since: 14
-- needs: pageinspect, superuser
-- cost: the pages that are named
-- docs: https://www.postgresql.org/docs/current/pageinspect.html
select count(*)::int8 as blocks,
       count(*) filter (where s.type = 'l')::float8 as leaves,
       count(*) filter (where s.type in ('i', 'r'))::float8 as inner_pages,
       coalesce(sum(s.page_size - 40 - s.free_size) filter (where s.type = 'l'), 0)::float8 as used_bytes,
       coalesce(sum(s.page_size - 40) filter (where s.type = 'l'), 0)::float8 as page_bytes
  from pg_catalog.unnest($2::int8[]) b(blkno)
 cross join lateral {schema}.bt_page_stats($1::oid::regclass::text, b.blkno) s
 order by 1
 limit 1;
