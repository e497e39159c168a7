-- rows: one, how many pages of a table are all-visible
-- since: 14
-- needs: pg_visibility, pg_stat_scan_tables
-- cost: the visibility map: a page for 32,672 blocks
-- docs: https://www.postgresql.org/docs/current/pgvisibility.html
select v.all_visible::int8 as all_visible
  from {schema}.pg_visibility_map_summary($1::oid::regclass) v
 order by 1
 limit 1;
