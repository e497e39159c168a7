-- rows: one, the backend that serves us and what it may do
-- since: 9.6 (so that an old server can be named)
-- needs: nothing
-- cost: one look at our own entry of the backend array
-- docs: https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ACTIVITY-VIEW
select a.pid,
       (extract(epoch from a.backend_start) * 1000000)::int8 as backend_start_us,
       pg_catalog.current_setting('server_version_num')::int4 / 10000 as major,
       pg_catalog.current_database()::text as database,
       current_user::text as role,
       exists (select 1 from pg_catalog.pg_roles r
                where r.rolsuper and r.rolname in (current_user, session_user)) as superuser
  from pg_catalog.pg_stat_activity a
 where a.pid = pg_catalog.pg_backend_pid()
 order by a.pid
 limit 1;
