-- rows: locks that somebody waits for, asked for (in the order of the queue) and held
-- since: 14
-- needs: nothing; the locks are open to all
-- cost: one pass over the lock table (its partitions are locked shared while it is copied); read only while a session waits
-- docs: https://www.postgresql.org/docs/current/view-pg-locks.html
with locks as materialized (
  select l.pid, l.mode, l.granted, l.waitstart, l.locktype, l.database, l.relation, l.page, l.tuple,
         pg_catalog.hash_record_extended(row(l.locktype, l.database, l.relation, l.page, l.tuple, l.virtualxid,
           l.transactionid, l.classid, l.objid, l.objsubid), 0) as tag
    from pg_catalog.pg_locks l
   where l.mode <> 'SIReadLock' and not l.fastpath
), wanted_rows as (
  -- who waits for the transaction that has locked a row holds a lock on the version of that row
  select distinct on (t.pid) t.pid, t.database, t.relation
    from locks t
   where t.granted and t.locktype = 'tuple'
   order by t.pid
)
select l.tag, l.pid, l.mode, l.granted, l.locktype,
       (extract(epoch from pg_catalog.clock_timestamp() - l.waitstart) * 1000)::float8 as waited_ms,
       case when n.nspname in ('public', 'pg_catalog') then '' else pg_catalog.quote_ident(n.nspname) || '.' end
         || pg_catalog.quote_ident(c.relname) as relation
  from locks l
  left join wanted_rows r on r.pid = l.pid and l.locktype = 'transactionid'
  left join pg_catalog.pg_class c on c.oid = coalesce(l.relation, r.relation) and not l.granted
        and coalesce(l.database, r.database) in (0, (select o.datid from pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) o))
  left join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where l.tag in (select w.tag from locks w where not w.granted)
 order by l.granted, l.waitstart nulls last, l.pid
 limit 5000;
