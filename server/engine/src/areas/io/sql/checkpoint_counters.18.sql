-- rows: one, checkpoints (on a standby restartpoints) and the buffers that each kind of process wrote
-- since: 18, which counts several blocks as one operation: blocks follow from bytes
-- needs: nothing
-- cost: shared memory only
-- docs: https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-CHECKPOINTER-VIEW
with backends as (
  -- sessions and their parallel workers; a ring is what a large scan, a bulk load or vacuum recycles
  select sum(s.write_bytes / pg_catalog.current_setting('block_size')::int8) filter (where s.context = 'normal') as buffers_backend,
         sum(s.write_bytes / pg_catalog.current_setting('block_size')::int8) filter (where s.context <> 'normal') as buffers_ring,
         sum(s.extend_bytes / pg_catalog.current_setting('block_size')::int8) as buffers_extend,
         sum(s.fsyncs) filter (where s.context = 'normal') as backend_fsyncs,
         max(s.stats_reset) as stats_reset
    from pg_catalog.pg_stat_io s
   where s.object = 'relation' and s.backend_type in ('client backend', 'background worker')
)
select case when pg_catalog.pg_is_in_recovery() then c.restartpoints_timed else c.num_timed end::int8 as timed,
       case when pg_catalog.pg_is_in_recovery() then c.restartpoints_req else c.num_requested end::int8 as requested,
       c.write_time::float8 as write_ms,
       c.sync_time::float8 as sync_ms,
       c.buffers_written::int8 as buffers_checkpoint,
       b.buffers_clean::int8 as buffers_clean,
       b.maxwritten_clean::int8 as maxwritten_clean,
       coalesce(s.buffers_backend, 0)::int8 as buffers_backend,
       coalesce(s.buffers_ring, 0)::int8 as buffers_ring,
       coalesce(s.buffers_extend, 0)::int8 as buffers_extend,
       coalesce(s.backend_fsyncs, 0)::int8 as backend_fsyncs,
       (extract(epoch from greatest(c.stats_reset, b.stats_reset, s.stats_reset)) * 1000)::int8 as stats_reset_ms
  from pg_catalog.pg_stat_checkpointer c
 cross join pg_catalog.pg_stat_bgwriter b
 cross join backends s
 order by 1
 limit 1;
