-- rows: one, rows and free space of a table, estimated where pages are all-visible
-- since: 14
-- needs: pgstattuple, pg_stat_scan_tables
-- cost: all pages that are not all-visible
-- docs: https://www.postgresql.org/docs/current/pgstattuple.html
select a.table_len::int8 as bytes,
       a.approx_tuple_count::float8 as live_rows,
       a.dead_tuple_len::float8 as dead_bytes,
       a.approx_free_space::float8 as free_bytes
  from {schema}.pgstattuple_approx($1::oid::regclass) a
 order by 1
 limit 1;
