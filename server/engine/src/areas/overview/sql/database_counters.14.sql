-- rows: one, counters summed over all databases
-- since: 14
-- needs: nothing
-- cost: one row per database
-- docs: https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-DATABASE-VIEW
select coalesce(sum(d.xact_commit), 0)::int8 as xact_commit,
       coalesce(sum(d.xact_rollback), 0)::int8 as xact_rollback,
       coalesce(sum(d.blks_read), 0)::int8 as blks_read,
       coalesce(sum(d.blks_hit), 0)::int8 as blks_hit,
       coalesce(sum(d.tup_returned), 0)::int8 as tup_returned,
       coalesce(sum(d.tup_fetched), 0)::int8 as tup_fetched,
       coalesce(sum(d.tup_inserted + d.tup_updated + d.tup_deleted), 0)::int8 as tup_written,
       coalesce(sum(d.temp_bytes), 0)::int8 as temp_bytes,
       coalesce(sum(d.temp_files), 0)::int8 as temp_files,
       coalesce(sum(d.deadlocks), 0)::int8 as deadlocks,
       coalesce(sum(d.conflicts), 0)::int8 as conflicts,
       case when pg_catalog.current_setting('track_io_timing')::bool
            then coalesce(sum(d.blk_read_time), 0) end::float8 as blk_read_ms,
       (extract(epoch from max(d.stats_reset)) * 1000)::int8 as stats_reset_ms
  from pg_catalog.pg_stat_database d
 order by 1
 limit 1;
