-- rows: entries of pg_stat_statements, numbers only, all of them in no order
-- since: extension 1.10, which comes with PostgreSQL 15
-- needs: pg_read_all_stats for the queryid of other roles' entries
-- cost: a copy of the shared hash table under a shared lock; the file of texts is not read
-- docs: https://www.postgresql.org/docs/current/pgstatstatements.html
select s.userid::int8 as userid, s.dbid::int8 as dbid, s.toplevel, s.queryid,
       s.min_exec_time, s.max_exec_time, s.stddev_exec_time,
       null::int8 as stats_since_us, null::int8 as minmax_stats_since_us,
       s.calls, s.rows, s.total_exec_time, s.shared_blks_hit, s.shared_blks_read, s.shared_blks_dirtied,
       s.shared_blks_written, s.local_blks_hit, s.local_blks_read, s.local_blks_dirtied,
       s.local_blks_written, s.temp_blks_read, s.temp_blks_written, s.blk_read_time, s.blk_write_time,
       s.wal_records, s.wal_fpi, s.wal_bytes::float8 as wal_bytes, s.plans, s.total_plan_time,
       s.temp_blk_read_time, s.temp_blk_write_time, s.jit_functions, s.jit_generation_time,
       s.jit_inlining_count, s.jit_inlining_time, s.jit_optimization_count, s.jit_optimization_time,
       s.jit_emission_count, s.jit_emission_time
  from {schema}.pg_stat_statements(false) s
 limit 200001;
