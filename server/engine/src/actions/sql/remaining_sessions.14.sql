-- rows: those of the pids $1 that are still there, and what they do
-- since: 14
-- needs: pg_read_all_stats for the sessions of other roles
-- cost: one pass over the backend array
-- docs: https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ACTIVITY-VIEW
select a.pid,
       (extract(epoch from a.backend_start) * 1000)::int8 as backend_start_ms,
       (extract(epoch from a.query_start) * 1000000)::int8 as query_start_us,
       a.state
  from pg_catalog.pg_stat_get_activity(null) a
 where a.pid = any ($1::int4[])
 order by a.pid
 limit 1000;
