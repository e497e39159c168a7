-- rows: sessions idle in transaction that hold locks, and how many
-- since: 14
-- needs: pg_monitor for the sessions of other roles
-- cost: one pass over the lock table and one over the backend array; read once for each time a session is idle in transaction for a second
-- docs: https://www.postgresql.org/docs/current/view-pg-locks.html
select a.pid, count(*)::int8 as locks_held
  from pg_catalog.pg_stat_get_activity(null) a
  join pg_catalog.pg_locks l on l.pid = a.pid
 where a.state like 'idle in transaction%'
   and l.granted and l.locktype <> 'virtualxid' and l.mode <> 'SIReadLock'
 group by a.pid
 order by a.pid
 limit 5000;
