-- rows: one, as whom and on which server our connection for actions acts
-- since: 14
-- needs: execute on pg_control_system (public by default)
-- cost: reads pg_control
-- docs: https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-CONTROLDATA
select s.system_identifier::text as system_identifier,
       (extract(epoch from pg_catalog.pg_postmaster_start_time()) * 1000)::int8 as started_ms,
       current_user::text as role,
       pg_catalog.current_database()::text as database
  from pg_catalog.pg_control_system() s
 order by 1
 limit 1;
