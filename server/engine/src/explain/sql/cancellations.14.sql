-- rows: at most one, our own backend told to cancel the run of that marker
-- since: 14
-- needs: nothing: a role may cancel its own sessions
-- cost: one look at one entry of the backend array
-- docs: https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADMIN-SIGNAL
select pg_catalog.pg_cancel_backend(a.pid) as sent
  from pg_catalog.pg_stat_activity a
 where a.pid = $1
   and (extract(epoch from a.backend_start) * 1000000)::int8 = $2
   and a.usename = session_user
   and a.state = 'active'
   and pg_catalog.starts_with(a.query, $3)
 order by a.pid
 limit 1;
