-- rows: one, what the lock tables hold and what the shared one is laid out for
-- since: 14
-- needs: nothing
-- cost: one pass over the lock table, whose partitions are locked shared while it is copied
-- docs: https://www.postgresql.org/docs/current/runtime-config-locks.html#GUC-MAX-LOCKS-PER-TRANSACTION
with counted as (
  select count(distinct pg_catalog.hash_record_extended(row(l.locktype, l.database, l.relation, l.page, l.tuple,
           l.virtualxid, l.transactionid, l.classid, l.objid, l.objsubid), 0))
           filter (where not l.fastpath and l.mode <> 'SIReadLock') as objects,
         count(*) filter (where not l.fastpath and l.mode <> 'SIReadLock') as locks,
         count(*) filter (where l.fastpath) as fastpath,
         count(*) filter (where l.mode = 'SIReadLock') as predicate
    from pg_catalog.pg_locks l
)
select c.objects::int8 as objects, c.locks::int8 as locks, c.fastpath::int8 as fastpath, c.predicate::int8 as predicate,
       pg_catalog.current_setting('max_locks_per_transaction')::int8 as max_locks_per_transaction,
       pg_catalog.current_setting('max_locks_per_transaction')::int8
         * (pg_catalog.current_setting('max_connections')::int8
            + coalesce(pg_catalog.current_setting('autovacuum_worker_slots', true),
                       pg_catalog.current_setting('autovacuum_max_workers'))::int8 + 1
            + pg_catalog.current_setting('max_worker_processes')::int8
            + pg_catalog.current_setting('max_wal_senders')::int8
            + pg_catalog.current_setting('max_prepared_transactions')::int8) as capacity
  from counted c
 order by 1
 limit 1;
