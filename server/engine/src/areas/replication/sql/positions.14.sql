-- rows: one, what this server is in replication and the settings that explain its lag
-- since: 14
-- needs: nothing; primary_conninfo is hidden without pg_monitor
-- cost: settings; all of them are listed on a standby, and on a primary with synchronous_standby_names
-- docs: https://www.postgresql.org/docs/current/runtime-config-replication.html
with server as (
  select pg_catalog.pg_is_in_recovery() as in_recovery,
         pg_catalog.current_setting('synchronous_standby_names') as synchronous_standby_names
)
select r.in_recovery,
       pg_catalog.current_setting('cluster_name') as cluster_name,
       pg_catalog.current_setting('port')::int4 as port,
       (extract(epoch from pg_catalog.pg_postmaster_start_time()) * 1000)::int8 as started_ms,
       (extract(epoch from pg_catalog.clock_timestamp() - pg_catalog.pg_postmaster_start_time()) * 1000)::float8 as up_ms,
       case when r.in_recovery
            then (extract(epoch from pg_catalog.current_setting('recovery_min_apply_delay')::interval) * 1000)::float8
            end as apply_delay_ms,
       case when r.in_recovery
            then /*? settings */ (select s.setting <> '' from pg_catalog.pg_show_all_settings() s
                   where s.name = 'primary_conninfo') /*: null::bool */ end as streams,
       case when r.in_recovery
            then nullif(pg_catalog.current_setting('primary_slot_name'), '') end as primary_slot_name,
       case when r.in_recovery then pg_catalog.current_setting('restore_command') <> '' end as restores,
       r.synchronous_standby_names,
       case when r.synchronous_standby_names <> ''
            then /*? settings */ (select s.source from pg_catalog.pg_show_all_settings() s
                   where s.name = 'synchronous_standby_names') /*: null::text */ end as synchronous_source,
       pg_catalog.current_setting('hot_standby_feedback')::bool as hot_standby_feedback,
       pg_catalog.current_setting('max_standby_streaming_delay') as max_standby_streaming_delay,
       case when r.in_recovery
            then /*? databases */ (select coalesce(sum(d.conflicts), 0)::int8 from pg_catalog.pg_stat_database d)
                 /*: null::int8 */ end as conflicts
  from server r
 order by 1
 limit 1;
