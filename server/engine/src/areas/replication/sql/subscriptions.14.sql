-- rows: logical subscriptions of the connected database's server
-- since: 14
-- needs: nothing
-- cost: shared memory and one small catalog
-- docs: https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-SUBSCRIPTION
select s.subname::text as subname, s.pid,
       pg_catalog.pg_wal_lsn_diff(s.received_lsn, s.latest_end_lsn)::int8 as lag_bytes,
       (extract(epoch from pg_catalog.clock_timestamp() - s.last_msg_receipt_time) * 1000)::float8 as message_age_ms
  from pg_catalog.pg_stat_subscription s
 where s.relid is null
 order by s.subname
 limit 200;
