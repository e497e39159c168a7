-- rows: one, how often entries were removed and when all of them were
-- since: extension 1.9, which comes with PostgreSQL 14
-- needs: nothing
-- cost: two numbers of shared memory
-- docs: https://www.postgresql.org/docs/current/pgstatstatements.html#PGSTATSTATEMENTS-PG-STAT-STATEMENTS-INFO
select i.dealloc,
       (extract(epoch from i.stats_reset) * 1000000)::int8 as stats_reset_us,
       (extract(epoch from pg_catalog.clock_timestamp()) * 1000000)::int8 as server_now_us,
       (extract(epoch from pg_catalog.pg_postmaster_start_time()) * 1000000)::int8 as started_us,
       (select pg_catalog.sum(d.active_time) from pg_catalog.pg_stat_database d)::float8 as active_ms,
       (select pg_catalog.max(extract(epoch from d.stats_reset) * 1000000) from pg_catalog.pg_stat_database d)::int8
         as databases_reset_us
  from {schema}.pg_stat_statements_info() i
 order by 1
 limit 1;
