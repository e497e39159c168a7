-- rows: one, sessions that wait for a synchronous standby
-- since: 14
-- needs: pg_monitor for wait events of other roles' sessions
-- cost: one pass over the backend array
-- docs: https://www.postgresql.org/docs/current/monitoring-stats.html#WAIT-EVENT-IPC-TABLE
select (count(*) filter (where a.wait_event = 'SyncRep'))::int8 as waiting,
       coalesce(sum(extract(epoch from pg_catalog.clock_timestamp() - a.query_start))
                  filter (where a.wait_event = 'SyncRep'), 0)::float8 as waited_s,
       (count(*) filter (where a.backend_type is null))::int8 as hidden
  from pg_catalog.pg_stat_get_activity(null) a
 order by 1
 limit 1;
