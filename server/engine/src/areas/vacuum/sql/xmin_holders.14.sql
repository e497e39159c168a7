-- rows: what holds back the xmin horizon, farthest back first
-- since: 14
-- needs: pg_monitor for other roles' sessions; those hidden are counted
-- cost: shared memory; one pass over backends, slots and prepared transactions
-- docs: https://www.postgresql.org/docs/current/routine-vacuuming.html#VACUUM-FOR-WRAPAROUND
with backends as (
  select a.pid, a.datid, a.application_name, a.backend_type, a.xact_start,
         greatest(pg_catalog.age(a.backend_xmin), pg_catalog.age(a.backend_xid)) as xids
    from pg_catalog.pg_stat_get_activity(null) a
   where (a.backend_xmin is not null or a.backend_xid is not null)
     and a.pid <> pg_catalog.pg_backend_pid()
     -- vacuum ignores what other lazy vacuums see
     and not exists (select from /*? vacuums */ pg_catalog.pg_stat_get_progress_info('VACUUM')
                     /*: (select null::int4 as pid where false) */ v where v.pid = a.pid)
), holders as (
  select case when b.backend_type = 'walsender' then 'standby' else 'session' end as kind,
         b.pid, b.application_name as name, null as used_by, b.datid, b.xids, b.xact_start as since, false as only_catalogs
    from backends b
  union all
  /*? prepared */
  select 'prepared transaction', null, p.gid, null, p.dbid, pg_catalog.age(p.transaction), p.prepared, false
    from pg_catalog.pg_prepared_xact() p
  /*: select null::text, null::int4, null::text, null::text, null::oid, null::int4, null::timestamptz, null::bool where false */
  union all
  /*? slots */
  select case when s.slot_type = 'logical' then 'logical slot' else 'slot' end, s.active_pid, s.slot_name::text,
         (select max(a.application_name) from pg_catalog.pg_stat_get_activity(coalesce(s.active_pid, 0)) a),
         s.datoid, pg_catalog.age(x.xid), null, x.only_catalogs
    from pg_catalog.pg_get_replication_slots() s
   cross join lateral (values (s.xmin, false), (s.catalog_xmin, true)) x (xid, only_catalogs)
   where x.xid is not null
     -- one that is lost holds back nothing any more
     and s.wal_status is distinct from 'lost'
  /*: select null::text, null::int4, null::text, null::text, null::oid, null::int4, null::timestamptz, null::bool where false */
)
select h.kind, h.pid, h.name, h.used_by, d.datname::text as datname, h.xids::int8 as xids,
       (extract(epoch from pg_catalog.clock_timestamp() - h.since) * 1000)::float8 as since_ms,
       h.only_catalogs
  from holders h
  left join /*? databases */ pg_catalog.pg_database
       /*: (select null::oid as oid, null::name as datname, null::int4 as encoding limit 0) */ d on d.oid = h.datid
 order by h.xids desc nulls last, h.only_catalogs, h.kind, h.pid, h.name
 limit 50;
