-- rows: one, what was written to WAL since the last reset
-- since: 14
-- needs: nothing
-- cost: shared memory only
-- docs: https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-WAL-VIEW
select w.wal_records::int8 as wal_records,
       w.wal_fpi::int8 as wal_fpi,
       w.wal_bytes::int8 as wal_bytes,
       w.wal_buffers_full::int8 as wal_buffers_full,
       (extract(epoch from w.stats_reset) * 1000)::int8 as stats_reset_ms
  from pg_catalog.pg_stat_wal w
 order by 1
 limit 1;
