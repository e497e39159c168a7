-- rows: one, the free space of a block by the free space map
-- since: 14
-- needs: pg_freespacemap, pg_stat_scan_tables
-- cost: a page of the map
-- docs: https://www.postgresql.org/docs/current/pgfreespacemap.html
select {schema}.pg_freespace($1::oid::regclass, $2::int8)::int8 as free_bytes
 order by 1
 limit 1;
