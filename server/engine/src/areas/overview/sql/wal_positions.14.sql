-- rows: one, where WAL stands and how far the worst standby is behind
-- since: 10
-- needs: pg_monitor for the senders' positions; some providers answer 0A000
-- cost: shared memory only
-- docs: https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADMIN-BACKUP
with positions as (
  select pg_catalog.pg_is_in_recovery() as standby,
         /*? replayed */ pg_catalog.pg_last_wal_replay_lsn() /*: null::pg_lsn */ as replayed,
         -- the received position stands still once wal comes from an archive
         case when pg_catalog.pg_is_in_recovery()
              then /*? replayed */ greatest(pg_catalog.pg_last_wal_receive_lsn(), pg_catalog.pg_last_wal_replay_lsn())
                   /*: null::pg_lsn */
              else /*? current */ pg_catalog.pg_current_wal_lsn() /*: null::pg_lsn */ end as lsn
), senders as (
  -- standbys only: a client that reports no replay position is not behind, a logical one measures
  -- something else.
  select max(pg_catalog.pg_wal_lsn_diff(p.lsn, s.replay_lsn))::int8 as lag_bytes,
         max(case when pg_catalog.pg_wal_lsn_diff(p.lsn, s.replay_lsn) = 0 then 0
                  else extract(epoch from s.replay_lag) * 1000 end)::float8 as lag_ms
    from positions p
   cross join pg_catalog.pg_stat_get_wal_senders() s
   where s.state in ('streaming', 'catchup') and s.replay_lsn is not null
     and not exists (select from pg_catalog.pg_get_replication_slots() l
                      where l.active_pid = s.pid and l.slot_type = 'logical')
), receivers as (
  select count(r.pid) > 0 as linked from pg_catalog.pg_stat_get_wal_receiver() r
)
select pg_catalog.pg_wal_lsn_diff(p.lsn, '0/0')::int8 as wal_bytes,
       case when not p.standby then s.lag_bytes
            when r.linked or p.lsn > p.replayed
            then pg_catalog.pg_wal_lsn_diff(p.lsn, p.replayed)::int8 end as lag_bytes,
       case when not p.standby then s.lag_ms
            when r.linked and p.lsn = p.replayed then 0
            -- without a link, what an archive still has is not known: the age below grows on an idle primary
            when not r.linked and pg_catalog.current_setting('restore_command') <> '' then null
            else /*? xact_age */ (extract(epoch from pg_catalog.clock_timestamp()
                  - pg_catalog.pg_last_xact_replay_timestamp()) * 1000)::float8 /*: null::float8 */ end as lag_ms
  from positions p
 cross join senders s
 cross join receivers r
 order by 1
 limit 1;
