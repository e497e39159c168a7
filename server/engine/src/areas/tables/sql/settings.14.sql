-- rows: one, the database's clock, block size and the settings that decide when autovacuum runs
-- since: 14
-- needs: nothing
-- cost: settings only
-- docs: https://www.postgresql.org/docs/current/runtime-config-autovacuum.html
select (extract(epoch from pg_catalog.clock_timestamp()) * 1000)::int8 as server_now_ms,
       (extract(epoch from pg_catalog.pg_stat_get_db_stat_reset_time(
          (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()))) * 1000)::int8
         as stats_reset_ms,
       pg_catalog.current_setting('block_size')::int4 as block_bytes,
       -- how many were handed out so far, from the first on
       pg_catalog.age('3'::xid) as xids,
       pg_catalog.mxid_age('1'::xid) as multixacts,
       -- changes when a schema is renamed, which no row of pg_class tells
       (select pg_catalog.hashtextextended(pg_catalog.string_agg(n.nspname, ',' order by n.oid), 0)
          from pg_catalog.pg_namespace n) as schemas,
       exists (select from pg_catalog.pg_extension e where e.extname = 'pg_repack') as has_pg_repack,
       pg_catalog.current_setting('autovacuum')::bool as enabled,
       pg_catalog.current_setting('track_counts')::bool as track_counts,
       pg_catalog.current_setting('autovacuum_max_workers')::int4 as max_workers,
       extract(epoch from pg_catalog.current_setting('autovacuum_naptime')::interval)::int4 as naptime_s,
       pg_catalog.current_setting('autovacuum_vacuum_threshold')::int4 as vacuum_threshold,
       pg_catalog.current_setting('autovacuum_vacuum_scale_factor')::float8 as vacuum_scale_factor,
       null::int4 as vacuum_max_threshold,
       pg_catalog.current_setting('autovacuum_vacuum_insert_threshold')::int4 as vacuum_insert_threshold,
       pg_catalog.current_setting('autovacuum_vacuum_insert_scale_factor')::float8 as vacuum_insert_scale_factor,
       pg_catalog.current_setting('autovacuum_analyze_threshold')::int4 as analyze_threshold,
       pg_catalog.current_setting('autovacuum_analyze_scale_factor')::float8 as analyze_scale_factor,
       pg_catalog.current_setting('autovacuum_freeze_max_age')::int4 as freeze_max_age,
       pg_catalog.current_setting('autovacuum_multixact_freeze_max_age')::int4 as multixact_freeze_max_age,
       pg_catalog.current_setting('vacuum_failsafe_age')::int4 as failsafe_age,
       pg_catalog.current_setting('vacuum_multixact_failsafe_age')::int4 as multixact_failsafe_age,
       case pg_catalog.current_setting('autovacuum_vacuum_cost_delay') when '-1' then -1
            else extract(epoch from pg_catalog.current_setting('autovacuum_vacuum_cost_delay')::interval) * 1000
        end::float8 as cost_delay_ms,
       pg_catalog.current_setting('autovacuum_vacuum_cost_limit')::int4 as cost_limit,
       null::float8 as freeze_score_weight,
       null::float8 as multixact_freeze_score_weight,
       null::float8 as vacuum_score_weight,
       null::float8 as vacuum_insert_score_weight,
       null::float8 as analyze_score_weight
 order by 1
 limit 1;
