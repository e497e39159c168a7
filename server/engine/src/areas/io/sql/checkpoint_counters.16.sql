-- rows: one, checkpoints and the buffers that each kind of process wrote since the last reset
-- since: 16, which counts in pg_stat_io what sessions write
-- needs: nothing
-- cost: shared memory only
-- docs: https://www.postgresql.org/docs/16/monitoring-stats.html#MONITORING-PG-STAT-BGWRITER-VIEW
with backends as (
  -- sessions and their parallel workers; a ring is what a large scan, a bulk load or vacuum recycles
  select sum(s.writes) filter (where s.context = 'normal') as buffers_backend,
         sum(s.writes) filter (where s.context <> 'normal') as buffers_ring,
         sum(s.extends) as buffers_extend,
         sum(s.fsyncs) filter (where s.context = 'normal') as backend_fsyncs,
         max(s.stats_reset) as stats_reset
    from pg_catalog.pg_stat_io s
   where s.object = 'relation' and s.backend_type in ('client backend', 'background worker')
)
select b.checkpoints_timed::int8 as timed,
       b.checkpoints_req::int8 as requested,
       b.checkpoint_write_time::float8 as write_ms,
       b.checkpoint_sync_time::float8 as sync_ms,
       b.buffers_checkpoint::int8 as buffers_checkpoint,
       b.buffers_clean::int8 as buffers_clean,
       b.maxwritten_clean::int8 as maxwritten_clean,
       coalesce(s.buffers_backend, 0)::int8 as buffers_backend,
       coalesce(s.buffers_ring, 0)::int8 as buffers_ring,
       coalesce(s.buffers_extend, 0)::int8 as buffers_extend,
       coalesce(s.backend_fsyncs, 0)::int8 as backend_fsyncs,
       (extract(epoch from greatest(b.stats_reset, s.stats_reset)) * 1000)::int8 as stats_reset_ms
  from pg_catalog.pg_stat_bgwriter b
 cross join backends s
 order by 1
 limit 1;
