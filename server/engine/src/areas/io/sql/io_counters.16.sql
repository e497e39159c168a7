-- rows: what each kind of process did to each kind of object in each context since the last reset
-- since: 16; 18 counts bytes and WAL
-- needs: nothing
-- cost: shared memory only, less than a hundred rows
-- docs: https://www.postgresql.org/docs/16/monitoring-stats.html#MONITORING-PG-STAT-IO-VIEW
select s.backend_type::text as backend_type,
       s.object::text as object,
       s.context::text as context,
       s.reads::int8 as reads,
       (s.reads * s.op_bytes)::int8 as read_bytes,
       s.read_time::float8 as read_ms,
       s.writes::int8 as writes,
       (s.writes * s.op_bytes)::int8 as write_bytes,
       s.write_time::float8 as write_ms,
       s.extends::int8 as extends,
       (s.extends * s.op_bytes)::int8 as extend_bytes,
       s.extend_time::float8 as extend_ms,
       s.fsyncs::int8 as fsyncs,
       s.fsync_time::float8 as fsync_ms,
       s.hits::int8 as hits,
       s.evictions::int8 as evictions,
       s.reuses::int8 as reuses,
       (extract(epoch from s.stats_reset) * 1000)::int8 as stats_reset_ms
  from pg_catalog.pg_stat_io s
 where s.reads > 0 or s.writes > 0 or s.extends > 0 or s.fsyncs > 0 or s.hits > 0
 order by 1, 2, 3
 limit 500;
