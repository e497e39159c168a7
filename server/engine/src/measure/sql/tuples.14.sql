-- rows: one, rows of a table
-- since: 14
-- needs: pgstattuple, pg_stat_scan_tables
-- cost: all pages of the table
-- docs: https://www.postgresql.org/docs/current/pgstattuple.html
select t.table_len::int8 as bytes,
       t.tuple_count::float8 as live_rows,
       t.tuple_len::float8 as live_bytes
  from {schema}.pgstattuple($1::oid::regclass) t
 order by 1
 limit 1;
