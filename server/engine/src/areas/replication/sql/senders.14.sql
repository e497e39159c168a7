-- rows: walsenders of this server
-- since: 14
-- needs: pg_monitor for positions and addresses
-- cost: shared memory only; the functions instead of the views, whose joins take longer to plan than to run
-- docs: https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-REPLICATION-VIEW
select r.pid, pg_catalog.pg_get_userbyid(nullif(a.usesysid, 0::oid))::text as usename, a.application_name,
       pg_catalog.host(a.client_addr) as client_addr, r.state, r.sync_state, r.sync_priority,
       pg_catalog.pg_wal_lsn_diff(r.sent_lsn, r.write_lsn)::int8 as write_lag_bytes,
       pg_catalog.pg_wal_lsn_diff(r.write_lsn, r.flush_lsn)::int8 as flush_lag_bytes,
       pg_catalog.pg_wal_lsn_diff(r.flush_lsn, r.replay_lsn)::int8 as replay_lag_bytes,
       (extract(epoch from r.write_lag) * 1000)::float8 as write_lag_ms,
       (extract(epoch from r.flush_lag) * 1000)::float8 as flush_lag_ms,
       (extract(epoch from r.replay_lag) * 1000)::float8 as replay_lag_ms,
       (extract(epoch from pg_catalog.clock_timestamp() - r.reply_time) * 1000)::float8 as reply_age_ms,
       pg_catalog.age(a.backend_xmin)::int8 as backend_xmin_age,
       s.slot_name::text as slot_name, s.slot_type, s.temporary as slot_temporary,
       pg_catalog.pg_wal_lsn_diff(r.sent_lsn, '0/0')::int8 as sent_lsn_bytes,
       pg_catalog.pg_wal_lsn_diff(r.replay_lsn, '0/0')::int8 as replay_lsn_bytes
  from pg_catalog.pg_stat_get_wal_senders() r
  left join pg_catalog.pg_stat_get_activity(null) a on a.pid = r.pid
  left join pg_catalog.pg_get_replication_slots() s on s.active_pid = r.pid
 order by a.application_name, r.pid
 limit 200;
