-- rows: databases with their counters, most transactions first
-- since: 14
-- needs: nothing
-- cost: one small catalog, its counters in shared memory, one pass over the backend array; the functions instead of the view for a fraction of the planning
-- docs: https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-DATABASE-VIEW
with sessions as (
  select a.datid, count(*) as sessions
    from pg_catalog.pg_stat_get_activity(null) a
   -- role and database of a hidden process are open to all, and background processes have none
   where (a.backend_type = 'client backend' or a.backend_type is null and a.usesysid is not null)
     and not coalesce(a.pid = pg_catalog.pg_backend_pid() or (a.application_name = pg_catalog.current_setting('application_name')
           and pg_catalog.pg_get_userbyid(a.usesysid) = current_user), false)
   group by a.datid
)
select d.oid::int8 as oid, d.datname::text as datname,
       coalesce(s.sessions, 0)::int8 as sessions,
       pg_catalog.age(d.datfrozenxid)::int8 as xid_age,
       pg_catalog.pg_stat_get_db_xact_commit(d.oid)::int8 as commits,
       pg_catalog.pg_stat_get_db_xact_rollback(d.oid)::int8 as rollbacks,
       (pg_catalog.pg_stat_get_db_tuples_returned(d.oid) + pg_catalog.pg_stat_get_db_tuples_fetched(d.oid))::int8 as rows_read,
       (pg_catalog.pg_stat_get_db_tuples_inserted(d.oid) + pg_catalog.pg_stat_get_db_tuples_updated(d.oid)
         + pg_catalog.pg_stat_get_db_tuples_deleted(d.oid))::int8 as rows_written,
       pg_catalog.pg_stat_get_db_temp_bytes(d.oid)::int8 as temp_bytes,
       pg_catalog.pg_stat_get_db_blocks_fetched(d.oid)::int8 as blocks_requested,
       pg_catalog.pg_stat_get_db_blocks_hit(d.oid)::int8 as blocks_hit,
       pg_catalog.current_setting('block_size')::int8 as block_bytes,
       pg_catalog.pg_stat_get_db_deadlocks(d.oid)::int8 as deadlocks,
       pg_catalog.pg_stat_get_db_conflict_all(d.oid)::int8 as conflicts,
       (extract(epoch from pg_catalog.pg_stat_get_db_stat_reset_time(d.oid)) * 1000)::int8 as stats_reset_ms,
       (count(*) over ())::int8 as total
  from pg_catalog.pg_database d
  left join sessions s on s.datid = d.oid
 order by pg_catalog.pg_stat_get_db_xact_commit(d.oid) desc, d.oid
 limit 200;
