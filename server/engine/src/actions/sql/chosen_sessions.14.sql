-- rows: the sessions with these pids ($1), and whether they are ours: of our role or of $2
-- since: 14
-- needs: pg_read_all_stats for the sessions of other roles
-- cost: one pass over the backend array
-- docs: https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ACTIVITY-VIEW
select a.pid,
       (extract(epoch from a.backend_start) * 1000)::int8 as backend_start_ms,
       a.backend_type,
       d.datname::text as datname,
       r.rolname::text as usename,
       a.application_name,
       pg_catalog.host(a.client_addr) as client_addr,
       a.state,
       a.query,
       (extract(epoch from pg_catalog.clock_timestamp() - a.state_change) * 1000)::float8 as state_age_ms,
       -- the names of other classes are chosen by extensions
       case when a.wait_event_type = 'IPC' then a.wait_event end as wait_event,
       case when a.backend_type is not null then
         a.backend_type = 'autovacuum worker' and pg_catalog.textsend(a.query) like 'autovacuum: % (to prevent wraparound)'::bytea end as to_prevent_wraparound,
       v.pid is not null as vacuums,
       coalesce(r.rolsuper, false) as superuser,
       a.pid = pg_catalog.pg_backend_pid() or (a.application_name = pg_catalog.current_setting('application_name')
         and r.rolname in (current_user, $2)) as own,
       case when r.oid is null then null
            when r.rolsuper then pg_catalog.current_setting('is_superuser')::bool
            else pg_catalog.pg_has_role(a.usesysid, 'usage')
              or pg_catalog.pg_has_role('pg_signal_backend', 'usage') end as may_signal
  from pg_catalog.pg_stat_get_activity(null) a
  left join pg_catalog.pg_database d on d.oid = a.datid
  left join pg_catalog.pg_roles r on r.oid = a.usesysid
  left join (select p.pid from pg_catalog.pg_stat_get_progress_info('VACUUM') p group by p.pid) v on v.pid = a.pid
 where a.pid = any ($1::int4[])
 order by a.pid
 limit 1000;
