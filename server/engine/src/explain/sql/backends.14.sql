-- rows: one, the backend that serves us and whether it may act beyond the database
-- since: 9.6 (so that an old server can be named)
-- needs: nothing
-- cost: one look at our own entry of the backend array
-- docs: https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ACTIVITY-VIEW
select a.pid,
       (extract(epoch from a.backend_start) * 1000000)::int8 as backend_start_us,
       pg_catalog.current_setting('server_version_num')::int4 / 10000 as major,
       pg_catalog.current_database()::text as database,
       current_user::text as role,
       -- also a role that may become one, or that reaches the server's files and programs
       exists (select 1 from pg_catalog.pg_roles r
                where (r.rolsuper or r.rolname in
                        ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files'))
                  and (pg_catalog.pg_has_role(current_user, r.oid, 'member')
                    or pg_catalog.pg_has_role(session_user, r.oid, 'member'))) as superuser
  from pg_catalog.pg_stat_activity a
 where a.pid = pg_catalog.pg_backend_pid()
 order by a.pid
 limit 1;
