-- rows: one, the pending list of a GIN index
-- since: 14
-- needs: pgstattuple, pg_stat_scan_tables
-- cost: the metapage
-- docs: https://www.postgresql.org/docs/current/pgstattuple.html
select g.pending_pages::int8 as pending_pages,
       g.pending_tuples::int8 as pending_tuples
  from {schema}.pgstatginindex($1::oid::regclass) g
 order by 1
 limit 1;
