-- rows: one, how many sessions wait for a lock
-- since: 14
-- needs: pg_monitor; a primary, for replay on a standby is no backend to these functions
-- cost: one pass over the backend array; the lock manager is not touched
-- docs: https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-STATS-BACKEND-FUNCS-TABLE
select (extract(epoch from pg_catalog.clock_timestamp()) * 1000)::int8 as server_now_ms,
       (count(*) filter (where pg_catalog.pg_stat_get_backend_wait_event_type(b.id) = 'Lock'))::int8 as waiting,
       pg_catalog.pg_has_role('pg_read_all_stats', 'usage') as sees_all
  from pg_catalog.pg_stat_get_backend_idset() b (id)
 order by 1
 limit 1;
