-- rows: what keeps dead rows of this database's tables from being removed, farthest back first
-- since: 14
-- needs: pg_monitor for other roles' sessions; those hidden are counted
-- cost: shared memory; one pass over backends, slots and prepared transactions
-- docs: https://www.postgresql.org/docs/current/routine-vacuuming.html#VACUUM-FOR-SPACE-RECOVERY
with here as (
  select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()
), holders as (
  select case when a.backend_type = 'walsender' then 'standby' else 'session' end as kind, a.pid,
         a.application_name as name, null::text as used_by, a.datid,
         greatest(pg_catalog.age(a.backend_xmin), pg_catalog.age(a.backend_xid)) as xids, a.xact_start as since
    from pg_catalog.pg_stat_get_activity(null) a
   where (a.backend_xmin is not null or a.backend_xid is not null)
     and a.pid <> pg_catalog.pg_backend_pid()
     -- vacuum ignores what other lazy vacuums see
     and not exists (select from /*? vacuums */ pg_catalog.pg_stat_get_progress_info('VACUUM')
                     /*: (select null::int4 as pid where false) */ v where v.pid = a.pid)
  union all
  /*? prepared */
  select 'prepared transaction', null, p.gid, null, p.dbid, pg_catalog.age(p.transaction), p.prepared
    from pg_catalog.pg_prepared_xact() p
  /*: select null::text, null::int4, null::text, null::text, null::oid, null::int4, null::timestamptz where false */
  union all
  /*? slots */
  select case when s.slot_type = 'logical' then 'logical slot' else 'slot' end, s.active_pid, s.slot_name::text,
         (select max(a.application_name) from pg_catalog.pg_stat_get_activity(coalesce(s.active_pid, 0)) a), s.datoid, pg_catalog.age(s.xmin), null
    from pg_catalog.pg_get_replication_slots() s
   -- catalog_xmin keeps rows of the catalogs alone; a slot that is lost keeps nothing any more
   where s.xmin is not null and s.wal_status is distinct from 'lost'
  /*: select null::text, null::int4, null::text, null::text, null::oid, null::int4, null::timestamptz where false */
)
select coalesce(h.kind, '') as kind, h.pid, h.name, h.used_by, case when h.datid = here.oid then pg_catalog.current_database()::text end as datname,
       h.xids::int8 as xids,
       (extract(epoch from pg_catalog.clock_timestamp() - h.since) * 1000)::float8 as since_ms, false as only_catalogs,
       (select count(*) from pg_catalog.pg_stat_get_activity(null) a where a.backend_type is null)::int8 as hidden
  from here
  left join holders h on h.datid is null or h.datid in (0, here.oid)
 order by h.xids desc nulls last, h.kind, h.pid, h.name
 limit 10;
