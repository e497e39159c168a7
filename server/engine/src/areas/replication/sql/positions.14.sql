-- rows: one, where this server's WAL stands
-- since: 14
-- needs: nothing; some providers answer 0A000
-- cost: shared memory and settings
-- docs: https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-RECOVERY-CONTROL
with positions as (
  select pg_catalog.pg_is_in_recovery() as in_recovery,
         case when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn()
              else pg_catalog.pg_current_wal_lsn() end as lsn
)
select p.in_recovery,
       s.system_identifier::text as system_identifier,
       c.timeline_id::int4 as timeline,
       pg_catalog.current_setting('cluster_name') as cluster_name,
       pg_catalog.current_setting('port')::int4 as port,
       (extract(epoch from pg_catalog.pg_postmaster_start_time()) * 1000)::int8 as started_ms,
       p.lsn::text as lsn,
       pg_catalog.pg_wal_lsn_diff(p.lsn, '0/0')::int8 as lsn_bytes,
       case when p.in_recovery
            then pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_last_wal_receive_lsn(), p.lsn)::int8 end as gap_bytes,
       case when p.in_recovery
            then (extract(epoch from pg_catalog.clock_timestamp()
                  - pg_catalog.pg_last_xact_replay_timestamp()) * 1000)::float8 end as replayed_xact_age_ms,
       case when p.in_recovery then pg_catalog.pg_is_wal_replay_paused() end as replay_paused,
       pg_catalog.current_setting('synchronous_standby_names') as synchronous_standby_names,
       pg_catalog.current_setting('hot_standby_feedback')::bool as hot_standby_feedback,
       pg_catalog.current_setting('max_standby_streaming_delay') as max_standby_streaming_delay,
       case when p.in_recovery
            then (select coalesce(sum(d.conflicts), 0)::int8 from pg_catalog.pg_stat_database d) end as conflicts
  from positions p
 cross join pg_catalog.pg_control_system() s
 cross join pg_catalog.pg_control_checkpoint() c
 order by 1
 limit 1;
