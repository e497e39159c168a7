-- rows: holders and waiters of every lock that somebody waits for, with their sessions
-- since: 14
-- needs: pg_monitor for what other roles' sessions do and for parallel groups; the locks are open to all
-- cost: one pass over the lock table (its partitions are locked shared while it is copied) and one over the backend array
-- docs: https://www.postgresql.org/docs/current/view-pg-locks.html
with locks as materialized (
  select l.locktype, l.database, l.relation, l.page, l.tuple, l.virtualxid, l.transactionid,
         l.classid, l.objid, l.objsubid, l.virtualtransaction, l.pid, l.mode, l.granted, l.fastpath, l.waitstart,
         pg_catalog.hash_record_extended(row(l.locktype, l.database, l.relation, l.page, l.tuple, l.virtualxid,
           l.transactionid, l.classid, l.objid, l.objsubid), 0) as tag
    from pg_catalog.pg_locks l
   -- each session holds its own virtualxid on the fast path; who waits for that moves it off first (lock.c)
   where l.mode <> 'SIReadLock' and not (l.fastpath and l.locktype = 'virtualxid')
)
select l.locktype, l.database::int8 as database, l.relation::int8 as relation, l.page, l.tuple::int4 as tuple,
       l.virtualxid, l.transactionid::text::int8 as transactionid,
       l.classid::int8 as classid, l.objid::int8 as objid, l.objsubid::int4 as objsubid,
       l.virtualtransaction,
       case when l.pid is null then
         (select min(x.transactionid::text::int8) from locks x
           where x.pid is null and x.virtualtransaction = l.virtualtransaction and x.locktype = 'transactionid') end as prepared_xid,
       l.mode, l.granted, l.fastpath,
       (pg_catalog.date_part('epoch', l.waitstart) * 1000000)::int8 as waitstart_us,
       (pg_catalog.date_part('epoch', pg_catalog.clock_timestamp()) * 1000)::int8 as server_now_ms,
       l.pid, a.leader_pid, a.backend_type,
       d.datname::text as datname, pg_catalog.pg_get_userbyid(a.usesysid)::text as usename,
       a.application_name, pg_catalog.host(a.client_addr) as client_addr,
       (pg_catalog.date_part('epoch', a.backend_start) * 1000)::int8 as backend_start_ms,
       (pg_catalog.date_part('epoch', a.xact_start) * 1000)::int8 as xact_start_ms,
       (pg_catalog.date_part('epoch', a.query_start) * 1000)::int8 as query_start_ms,
       (pg_catalog.date_part('epoch', a.state_change) * 1000)::int8 as state_change_ms,
       a.state, a.wait_event_type, a.wait_event,
       -- bytes of another encoding are not read as characters: that raises 22021
       case when pg_catalog.octet_length(a.query) <= 300 then a.query
            when d.encoding = pg_catalog.pg_char_to_encoding(pg_catalog.getdatabaseencoding())
              then pg_catalog.left(a.query, 300)
            else pg_catalog.encode(pg_catalog.substr(pg_catalog.textsend(a.query), 1, 300), 'escape') end as query,
       -- what our role may not see has no backend type: a text is chosen by clients and proves nothing
       case when a.backend_type is not null then
         a.backend_type = 'autovacuum worker' and pg_catalog.textsend(a.query) like 'autovacuum: % (to prevent wraparound)'::bytea end as to_prevent_wraparound,
       v.pid is not null as vacuums,
       a.pid is not null and a.backend_type is null as hidden
  from locks l
  left join pg_catalog.pg_stat_get_activity(null) a on a.pid = l.pid
  left join /*? databases */ pg_catalog.pg_database
       /*: (select null::oid as oid, null::name as datname, null::int4 as encoding limit 0) */ d on d.oid = a.datid
  left join (select p.pid from pg_catalog.pg_stat_get_progress_info('VACUUM') p group by p.pid) v on v.pid = l.pid
 where l.tag in (select w.tag from locks w where not w.granted)
    -- who waits for a transaction that has locked a row holds a lock on the version of that row, which names it
    or l.granted and l.locktype = 'tuple'
       and l.pid in (select w.pid from locks w where not w.granted and w.locktype = 'transactionid')
 order by l.granted
 limit 20000;
