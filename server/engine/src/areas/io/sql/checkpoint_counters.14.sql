-- rows: one, checkpoints and the buffers that each kind of process wrote since the last reset
-- since: 14; what backends wrote includes new pages, whoever the backend was
-- needs: nothing
-- cost: shared memory only
-- docs: https://www.postgresql.org/docs/15/monitoring-stats.html#MONITORING-PG-STAT-BGWRITER-VIEW
select b.checkpoints_timed::int8 as timed,
       b.checkpoints_req::int8 as requested,
       b.checkpoint_write_time::float8 as write_ms,
       b.checkpoint_sync_time::float8 as sync_ms,
       b.buffers_checkpoint::int8 as buffers_checkpoint,
       b.buffers_clean::int8 as buffers_clean,
       b.maxwritten_clean::int8 as maxwritten_clean,
       b.buffers_backend::int8 as buffers_backend,
       null::int8 as buffers_ring,
       null::int8 as buffers_extend,
       b.buffers_backend_fsync::int8 as backend_fsyncs,
       (extract(epoch from b.stats_reset) * 1000)::int8 as stats_reset_ms
  from pg_catalog.pg_stat_bgwriter b
 order by 1
 limit 1;
