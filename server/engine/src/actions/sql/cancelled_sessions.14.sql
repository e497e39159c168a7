-- rows: the session with pid $1 that started at $2, told to cancel its statement; none when it is another
-- since: 14
-- needs: membership in the session's role, or pg_signal_backend
-- cost: one signal
-- docs: https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADMIN-SIGNAL
select a.pid,
       (extract(epoch from a.query_start) * 1000000)::int8 as query_start_us,
       pg_catalog.pg_cancel_backend(a.pid) as signalled
  from pg_catalog.pg_stat_get_activity($1) a
 where (extract(epoch from a.backend_start) * 1000)::int8 = $2
 order by a.pid
 limit 1;
