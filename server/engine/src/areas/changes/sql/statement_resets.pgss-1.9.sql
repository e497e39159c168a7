-- rows: one, when all entries of pg_stat_statements were removed
-- since: extension 1.9, which comes with PostgreSQL 14
-- needs: nothing
-- cost: two numbers of shared memory
-- docs: https://www.postgresql.org/docs/current/pgstatstatements.html#PGSTATSTATEMENTS-PG-STAT-STATEMENTS-INFO
select (extract(epoch from i.stats_reset) * 1000)::int8 as reset_ms
  from {schema}.pg_stat_statements_info() i
 order by 1
 limit 1;
