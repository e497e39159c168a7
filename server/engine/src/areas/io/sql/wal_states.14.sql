-- rows: one, the settings of cache and checkpoints, where WAL stands and when the last checkpoint began
-- since: 14
-- needs: nothing
-- cost: reads the control file, 8 kB
-- docs: https://www.postgresql.org/docs/current/wal-configuration.html
with control as (
  select /*? control */ c.redo_lsn /*: null::pg_lsn */ as redo_lsn,
         /*? control */ c.checkpoint_time /*: null::timestamptz */ as checkpoint_time
    from /*? control */ pg_catalog.pg_control_checkpoint() c /*: (select 1) c */
), positions as (
  select case when not pg_catalog.pg_is_in_recovery()
              then /*? current */ pg_catalog.pg_current_wal_lsn() /*: null::pg_lsn */ end as lsn
)
select pg_catalog.pg_wal_lsn_diff(p.lsn, '0/0')::int8 as wal_position_bytes,
       pg_catalog.pg_wal_lsn_diff(p.lsn, c.redo_lsn)::int8 as since_checkpoint_bytes,
       (extract(epoch from c.checkpoint_time) * 1000)::int8 as last_checkpoint_ms,
       pg_catalog.current_setting('block_size')::int8 as block_bytes,
       pg_catalog.pg_size_bytes(pg_catalog.current_setting('shared_buffers'))::int8 as shared_buffers_bytes,
       pg_catalog.pg_size_bytes(pg_catalog.current_setting('max_wal_size'))::int8 as max_wal_size_bytes,
       pg_catalog.pg_size_bytes(pg_catalog.current_setting('wal_segment_size'))::int8 as wal_segment_bytes,
       extract(epoch from pg_catalog.current_setting('checkpoint_timeout')::interval)::int8 as checkpoint_timeout_s,
       extract(epoch from pg_catalog.current_setting('checkpoint_warning')::interval)::int8 as checkpoint_warning_s,
       pg_catalog.current_setting('checkpoint_completion_target')::float8 as completion_target,
       pg_catalog.current_setting('track_io_timing')::bool as track_io_timing,
       pg_catalog.current_setting('track_wal_io_timing')::bool as track_wal_io_timing
  from control c
 cross join positions p
 order by 1
 limit 1;
