-- rows: one, checkpoints since the last reset
-- since: 17
-- needs: nothing
-- cost: shared memory only
-- docs: https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-CHECKPOINTER-VIEW
select c.num_timed::int8 as timed,
       c.num_requested::int8 as requested,
       c.write_time::float8 as write_time_ms,
       c.sync_time::float8 as sync_time_ms,
       c.buffers_written::int8 as buffers_written,
       (extract(epoch from c.stats_reset) * 1000)::int8 as stats_reset_ms
  from pg_catalog.pg_stat_checkpointer c
 order by 1
 limit 1;
