-- rows: one, what the server is and what our role may do
-- since: 9.6 (so that an old server can be named)
-- needs: nothing
-- cost: settings and one look at pg_roles
-- docs: https://www.postgresql.org/docs/current/functions-info.html
select pg_catalog.current_setting('server_version_num')::int4 as version_num,
       pg_catalog.current_setting('server_version') as version,
       pg_catalog.pg_is_in_recovery() as in_recovery,
       (extract(epoch from pg_catalog.pg_postmaster_start_time()) * 1000)::int8 as started_ms,
       (extract(epoch from pg_catalog.clock_timestamp()) * 1000)::int8 as now_ms,
       pg_catalog.current_database()::text as database,
       current_user::text as role,
       pg_catalog.current_setting('is_superuser')::bool as superuser,
       /*? roles */ coalesce((select pg_catalog.pg_has_role(current_user, r.oid, 'usage')
                   from pg_catalog.pg_roles r where r.rolname = 'pg_monitor'), false)
       /*: pg_catalog.pg_has_role(current_user, 'pg_monitor', 'usage') */ as pg_monitor,
       /*? roles */ coalesce((select pg_catalog.pg_has_role(current_user, r.oid, 'member')
                   from pg_catalog.pg_roles r where r.rolname = 'pg_monitor'), false)
       /*: pg_catalog.pg_has_role(current_user, 'pg_monitor', 'member') */ as is_member,
       /*? settings */ case
         when exists (select 1 from pg_catalog.pg_settings s where s.name = 'aurora.log_all_queries'
                      or s.name like 'apg\_%') then 'aurora'
         when exists (select 1 from pg_catalog.pg_settings s where s.name like 'rds.%') then 'rds'
         when exists (select 1 from pg_catalog.pg_settings s where s.name like 'cloudsql.%') then 'cloudsql'
         when exists (select 1 from pg_catalog.pg_settings s where s.name like 'azure.%') then 'azure'
       end /*: null::text */ as provider,
       pg_catalog.pg_backend_pid()::int4 as backend_pid,
       pg_catalog.inet_client_port()::int4 as client_port
 order by 1
 limit 1;
