-- rows: one, the bits of a block in the visibility map
-- since: 14
-- needs: pg_visibility, pg_stat_scan_tables
-- cost: a page of the map
-- docs: https://www.postgresql.org/docs/current/pgvisibility.html
select v.all_visible as all_visible,
       v.all_frozen as all_frozen
  from {schema}.pg_visibility_map($1::oid::regclass, $2::int8) v
 order by v.all_visible
 limit 1;
