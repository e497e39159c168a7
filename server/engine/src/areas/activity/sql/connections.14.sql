-- rows: one, connection slots used and available
-- since: 14
-- needs: nothing
-- cost: one pass over the backend array, already copied for sessions
-- docs: https://www.postgresql.org/docs/current/runtime-config-connection.html
select count(*)::int8 as sessions_total,
       -- role and database of a hidden process are open to all, and background processes have none
       (count(*) filter (where a.backend_type = 'client backend'
                            or a.backend_type is null and a.usesysid is not null and a.datid is not null))::int8 as connections,
       pg_catalog.current_setting('max_connections')::int8 as max_connections,
       pg_catalog.current_setting('superuser_reserved_connections')::int8
         + coalesce(pg_catalog.current_setting('reserved_connections', true)::int8, 0) as reserved_connections,
       pg_catalog.current_setting('superuser_reserved_connections')::int8 as superuser_reserved,
       pg_catalog.current_setting('reserved_connections', true)::int8 as reserved
  from pg_catalog.pg_stat_get_activity(null) a
 order by 1
 limit 1;
