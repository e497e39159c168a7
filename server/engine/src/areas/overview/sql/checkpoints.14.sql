-- rows: one, checkpoints since the last reset
-- since: 14; 17 moved them to pg_stat_checkpointer
-- needs: nothing
-- cost: shared memory only
-- docs: https://www.postgresql.org/docs/16/monitoring-stats.html#MONITORING-PG-STAT-BGWRITER-VIEW
select b.checkpoints_timed::int8 as timed,
       b.checkpoints_req::int8 as requested,
       b.checkpoint_write_time::float8 as write_time_ms,
       b.checkpoint_sync_time::float8 as sync_time_ms,
       b.buffers_checkpoint::int8 as buffers_written,
       (extract(epoch from b.stats_reset) * 1000)::int8 as stats_reset_ms
  from pg_catalog.pg_stat_bgwriter b
 order by 1
 limit 1;
