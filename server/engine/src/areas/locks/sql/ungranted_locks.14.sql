-- rows: one, how many processes wait for a lock
-- since: 14
-- needs: nothing
-- cost: one pass over the lock table, whose partitions are locked shared while it is copied
-- docs: https://www.postgresql.org/docs/current/view-pg-locks.html
select (extract(epoch from pg_catalog.clock_timestamp()) * 1000)::int8 as server_now_ms,
       (count(*) filter (where not l.granted))::int8 as waiting,
       pg_catalog.pg_has_role('pg_read_all_stats', 'usage') as sees_all
  from pg_catalog.pg_locks l
 order by 1
 limit 1;
