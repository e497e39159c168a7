-- rows: one, client backends counted by what they do
-- since: 14
-- needs: pg_monitor for states of other roles' sessions
-- cost: one pass over the backend array
-- docs: https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ACTIVITY-VIEW
with sessions as (
  select a.state, a.wait_event_type, a.query_start,
         -- our own sessions take a slot each, and are left out of what the server is said to do
         coalesce(a.pid = pg_catalog.pg_backend_pid() or (a.application_name = pg_catalog.current_setting('application_name')
           and pg_catalog.pg_get_userbyid(a.usesysid) = current_user), false) as own
    from pg_catalog.pg_stat_get_activity(null) a
   where a.backend_type = 'client backend' or a.backend_type is null
)
select count(*)::int8 as connections,
       (count(*) filter (where s.state = 'active' and not s.own))::int8 as active,
       (count(*) filter (where s.state = 'idle' and not s.own))::int8 as idle,
       (count(*) filter (where s.state like 'idle in transaction%' and not s.own))::int8 as idle_in_transaction,
       (count(*) filter (where s.wait_event_type = 'Lock'))::int8 as waiting_for_lock,
       -- a statement may have begun long before its wait, and pg_locks is read only while somebody waits
       coalesce(case when count(*) filter (where s.wait_event_type = 'Lock') > 0 then
         (select extract(epoch from pg_catalog.clock_timestamp() - min(l.waitstart)) * 1000
            from pg_catalog.pg_locks l where not l.granted) end, 0)::float8 as longest_lock_wait_ms,
       (count(*) filter (where s.state = 'active' and not s.own
                           and s.query_start < pg_catalog.clock_timestamp() - interval '1 second'))::int8 as slow_statements,
       pg_catalog.current_setting('max_connections')::int8 as max_connections,
       (count(*) filter (where s.state is null))::int8 as hidden
  from sessions s
 order by 1
 limit 1;
