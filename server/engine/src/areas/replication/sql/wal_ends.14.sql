-- rows: one, where this server's WAL stands
-- since: 14; received is no longer in step once WAL comes from an archive, so the greater one counts
-- needs: nothing; some providers answer 0A000
-- cost: shared memory only
-- docs: https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-RECOVERY-CONTROL
with positions as (
  select pg_catalog.pg_is_in_recovery() as in_recovery,
         case when pg_catalog.pg_is_in_recovery()
              then /*? replayed */ pg_catalog.pg_last_wal_replay_lsn() /*: null::pg_lsn */
              else /*? current */ pg_catalog.pg_current_wal_lsn() /*: null::pg_lsn */ end as lsn,
         case when pg_catalog.pg_is_in_recovery()
              then /*? received */ pg_catalog.pg_last_wal_receive_lsn() /*: null::pg_lsn */ end as received,
         -- null where it may not be asked, and not where there is none
         /*? received */ true /*: false */ as knows_received
), ends as (
  select p.in_recovery, p.lsn,
         case when not p.in_recovery then p.lsn
              when p.knows_received and p.lsn is not null then greatest(p.received, p.lsn) end as upto
    from positions p
)
select e.lsn::text as lsn,
       pg_catalog.pg_wal_lsn_diff(e.lsn, '0/0')::int8 as lsn_bytes,
       pg_catalog.pg_wal_lsn_diff(e.upto, '0/0')::int8 as end_bytes,
       case when e.in_recovery then pg_catalog.pg_wal_lsn_diff(e.upto, e.lsn)::int8 end as gap_bytes,
       case when e.in_recovery
            then /*? xact_age */ (extract(epoch from pg_catalog.clock_timestamp()
                  - pg_catalog.pg_last_xact_replay_timestamp()) * 1000)::float8 /*: null::float8 */
            end as replayed_xact_age_ms,
       case when e.in_recovery then /*? paused */ pg_catalog.pg_is_wal_replay_paused() /*: null::bool */
            end as replay_paused
  from ends e
 order by 1
 limit 1;
