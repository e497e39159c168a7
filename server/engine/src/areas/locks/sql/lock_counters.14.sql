-- rows: one, deadlocks and recovery conflicts of all databases since statistics were reset
-- since: 14
-- needs: pg_monitor for what replay waits for
-- cost: a look-up per database, and one pass over the backend array on a standby
-- docs: https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-DATABASE-CONFLICTS-VIEW
select /*? deadlocks */ coalesce(sum(pg_catalog.pg_stat_get_db_deadlocks(d.oid)), 0)::int8 /*: null::int8 */ as deadlocks,
       /*? conflicts */ coalesce(sum(pg_catalog.pg_stat_get_db_conflict_lock(d.oid)), 0)::int8 /*: null::int8 */ as confl_lock,
       /*? conflicts */ coalesce(sum(pg_catalog.pg_stat_get_db_conflict_snapshot(d.oid)), 0)::int8 /*: null::int8 */ as confl_snapshot,
       /*? conflicts */ coalesce(sum(pg_catalog.pg_stat_get_db_conflict_bufferpin(d.oid)), 0)::int8 /*: null::int8 */ as confl_bufferpin,
       /*? conflicts */ coalesce(sum(pg_catalog.pg_stat_get_db_conflict_startup_deadlock(d.oid)), 0)::int8 /*: null::int8 */ as confl_deadlock,
       /*? conflicts */ coalesce(sum(pg_catalog.pg_stat_get_db_conflict_tablespace(d.oid)), 0)::int8 /*: null::int8 */ as confl_tablespace,
       null::int8 as confl_active_logicalslot,
       /*? replay */ case when pg_catalog.pg_is_in_recovery() then
         (select a.wait_event from pg_catalog.pg_stat_get_activity(null) a
           where a.backend_type = 'startup'
             and (a.wait_event_type in ('Lock', 'BufferPin', 'Buffer') or a.wait_event like 'RecoveryConflict%')
           order by 1 limit 1) end /*: null::text */ as replay_waits_for
  from pg_catalog.pg_database d
 order by 1
 limit 1;
