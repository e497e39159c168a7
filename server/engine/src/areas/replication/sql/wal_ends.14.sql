-- rows: one, where this server's WAL stands
-- since: 14; received is no longer in step once WAL comes from an archive, so the greater one counts
-- needs: nothing; some providers answer 0A000
-- cost: shared memory only
-- docs: https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-RECOVERY-CONTROL
with positions as (
  select pg_catalog.pg_is_in_recovery() as in_recovery,
         case when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn()
              else pg_catalog.pg_current_wal_lsn() end as lsn,
         case when pg_catalog.pg_is_in_recovery()
              then greatest(pg_catalog.pg_last_wal_receive_lsn(), pg_catalog.pg_last_wal_replay_lsn()) end as received
)
select p.lsn::text as lsn,
       pg_catalog.pg_wal_lsn_diff(p.lsn, '0/0')::int8 as lsn_bytes,
       pg_catalog.pg_wal_lsn_diff(coalesce(p.received, p.lsn), '0/0')::int8 as end_bytes,
       case when p.in_recovery
            then greatest(pg_catalog.pg_wal_lsn_diff(p.received, p.lsn), 0)::int8 end as gap_bytes,
       case when p.in_recovery
            then (extract(epoch from pg_catalog.clock_timestamp()
                  - pg_catalog.pg_last_xact_replay_timestamp()) * 1000)::float8 end as replayed_xact_age_ms,
       case when p.in_recovery then pg_catalog.pg_is_wal_replay_paused() end as replay_paused
  from positions p
 order by 1
 limit 1;
