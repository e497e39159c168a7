-- rows: one with a digest of each bucket of entries, then entries of the buckets chosen by then, all of them in no order
-- since: extension 1.11, which comes with PostgreSQL 17
-- needs: pg_read_all_stats for the queryid of other roles' entries
-- cost: a copy of the shared hash table under a shared lock and one of that; the file of texts is not read
-- docs: https://www.postgresql.org/docs/current/pgstatstatements.html
with s as materialized (
  select (e.queryid & {mask})::int4 as bucket,
         e.userid, e.dbid, e.toplevel, e.queryid, e.min_exec_time, e.max_exec_time, e.stddev_exec_time,
         e.stats_since, e.minmax_stats_since, e.calls, e.rows, e.total_exec_time, e.shared_blks_hit,
         e.shared_blks_read, e.shared_blks_dirtied, e.shared_blks_written, e.local_blks_hit, e.local_blks_read,
         e.local_blks_dirtied, e.local_blks_written, e.temp_blks_read, e.temp_blks_written,
         e.shared_blk_read_time, e.shared_blk_write_time, e.wal_records, e.wal_fpi, e.wal_bytes, e.plans,
         e.total_plan_time, e.temp_blk_read_time, e.temp_blk_write_time, e.jit_functions, e.jit_generation_time,
         e.jit_inlining_count, e.jit_inlining_time, e.jit_optimization_count, e.jit_optimization_time,
         e.jit_emission_count, e.jit_emission_time, e.local_blk_read_time, e.local_blk_write_time,
         e.jit_deform_count, e.jit_deform_time
    from {schema}.pg_stat_statements(false) e
   limit 200001
)
select null::int4 as bucket,
       pg_catalog.string_agg(pg_catalog.concat(b.bucket, ' ', b.digest), ',')
         filter (where b.bucket is not null) as head,
       pg_catalog.concat(pg_catalog.sum(b.entries), ' ',
                         coalesce(pg_catalog.sum(b.entries) filter (where b.bucket is null), 0)) as tail
  from (select s.bucket, pg_catalog.count(*) as entries, pg_catalog.bit_xor(
           pg_catalog.hashint8extended(s.calls,
           pg_catalog.hashint8extended(s.plans,
           pg_catalog.hashint8extended(s.rows,
           pg_catalog.hashfloat8extended(s.total_exec_time,
           pg_catalog.hashfloat8extended(s.max_exec_time,
           pg_catalog.hashfloat8extended(pg_catalog.date_part('epoch', s.stats_since),
           pg_catalog.hashfloat8extended(pg_catalog.date_part('epoch', s.minmax_stats_since),
           pg_catalog.hashint8extended(s.queryid,
           pg_catalog.hashoidextended(s.userid,
           pg_catalog.hashoidextended(s.dbid,
           case when s.toplevel then 1 else 0 end))))))))))) as digest
          from s
         group by s.bucket) b
union all
select s.bucket,
       row(
         s.userid, s.dbid, s.toplevel, s.queryid, nullif(s.min_exec_time, s.total_exec_time),
         nullif(s.max_exec_time, s.total_exec_time), nullif(s.stddev_exec_time, 0),
         (pg_catalog.date_part('epoch', s.stats_since) * 1000000)::int8,
         (pg_catalog.date_part('epoch', s.minmax_stats_since) * 1000000)::int8, s.calls, nullif(s.rows, 0),
         nullif(s.total_exec_time, 0), nullif(s.shared_blks_hit, 0), nullif(s.shared_blks_read, 0),
         nullif(s.shared_blks_dirtied, 0)
       )::text,
       case when s.shared_blk_read_time + s.shared_blk_write_time + s.total_plan_time + s.temp_blk_read_time
                 + s.temp_blk_write_time + s.jit_generation_time + s.jit_inlining_time + s.jit_optimization_time
                 + s.jit_emission_time + s.local_blk_read_time + s.local_blk_write_time + s.jit_deform_time
                 + s.shared_blks_written + s.local_blks_hit + s.local_blks_read + s.local_blks_dirtied
                 + s.local_blks_written + s.temp_blks_read + s.temp_blks_written + s.wal_records + s.wal_fpi
                 + s.plans + s.jit_functions + s.jit_inlining_count + s.jit_optimization_count
                 + s.jit_emission_count + s.jit_deform_count > 0
            then row(
         nullif(s.shared_blks_written, 0), nullif(s.local_blks_hit, 0), nullif(s.local_blks_read, 0),
         nullif(s.local_blks_dirtied, 0), nullif(s.local_blks_written, 0), nullif(s.temp_blks_read, 0),
         nullif(s.temp_blks_written, 0), nullif(s.shared_blk_read_time, 0), nullif(s.shared_blk_write_time, 0),
         nullif(s.wal_records, 0), nullif(s.wal_fpi, 0), nullif(s.wal_bytes, 0), nullif(s.plans, 0),
         nullif(s.total_plan_time, 0), nullif(s.temp_blk_read_time, 0), nullif(s.temp_blk_write_time, 0),
         nullif(s.jit_functions, 0), nullif(s.jit_generation_time, 0), nullif(s.jit_inlining_count, 0),
         nullif(s.jit_inlining_time, 0), nullif(s.jit_optimization_count, 0),
         nullif(s.jit_optimization_time, 0), nullif(s.jit_emission_count, 0), nullif(s.jit_emission_time, 0),
         nullif(s.local_blk_read_time, 0), nullif(s.local_blk_write_time, 0), nullif(s.jit_deform_count, 0),
         nullif(s.jit_deform_time, 0)
       )::text end
  from s
 where pg_catalog.get_bit(
         (select pg_catalog.decode(nullif(pg_catalog.current_setting('pgdeck.buckets', true), ''), 'hex')), s.bucket) = 1;
