-- rows: the WAL receiver of this standby, or none
-- since: 14
-- needs: pg_monitor for everything but the pid
-- cost: shared memory only
-- docs: https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-WAL-RECEIVER-VIEW
select r.pid, r.status, r.sender_host, r.sender_port, r.slot_name,
       r.received_tli,
       (extract(epoch from pg_catalog.clock_timestamp() - r.last_msg_receipt_time) * 1000)::float8 as message_age_ms
  from pg_catalog.pg_stat_wal_receiver r
 order by r.pid
 limit 1;
