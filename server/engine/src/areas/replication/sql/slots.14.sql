-- rows: replication slots with the WAL kept for them
-- since: 14
-- needs: nothing
-- cost: shared memory only
-- docs: https://www.postgresql.org/docs/current/view-pg-replication-slots.html
select s.slot_name::text as slot_name, s.slot_type, s.plugin::text as plugin,
       s.database::text as database, s.active, s.active_pid,
       pg_catalog.pg_wal_lsn_diff(s.restart_lsn, '0/0')::int8 as restart_lsn_bytes,
       pg_catalog.pg_wal_lsn_diff(s.confirmed_flush_lsn, '0/0')::int8 as confirmed_lsn_bytes,
       s.temporary, null::bool as synced,
       nullif(pg_catalog.pg_size_bytes(pg_catalog.current_setting('max_slot_wal_keep_size')), -1) as limit_bytes,
       s.wal_status, s.safe_wal_size as safe_wal_bytes,
       pg_catalog.age(s.xmin)::int8 as xmin_age,
       pg_catalog.age(s.catalog_xmin)::int8 as catalog_xmin_age,
       null::float8 as inactive_ms,
       case when s.wal_status = 'lost' then 'wal_removed' end as invalidation_reason
  from pg_catalog.pg_replication_slots s
 order by s.slot_name
 limit 500;
