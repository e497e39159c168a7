-- rows: commands that report progress
-- since: 18; reports the time slept because of the cost delay
-- needs: pg_monitor for the commands of other roles
-- cost: shared memory only; names are looked up in our own database
-- docs: https://www.postgresql.org/docs/current/progress-reporting.html
with commands (pid, command, phase, datid, relid, done, total, unit, delay_ms) as (
  /*? vacuum */
  select v.pid, 'VACUUM'::text, v.phase, v.datid, v.relid,
         case when v.phase like '%indexes' and v.indexes_total > 0 then v.indexes_processed
              when v.phase = 'vacuuming heap' then v.heap_blks_vacuumed
              else v.heap_blks_scanned end::float8,
         nullif(case when v.phase like '%indexes' and v.indexes_total > 0 then v.indexes_total
              else v.heap_blks_total end, 0)::float8,
         case when v.phase like '%indexes' and v.indexes_total > 0 then 'indexes' else 'blocks' end::text,
         v.delay_time
    from pg_catalog.pg_stat_progress_vacuum v
  /*: select null::int4, null::text, null::text, null::oid, null::oid, null::float8, null::float8, null::text, null::float8 where false */
  union all
  /*? analyze */
  select n.pid, 'ANALYZE', n.phase, n.datid, n.relid,
         n.sample_blks_scanned::float8, nullif(n.sample_blks_total, 0)::float8, 'blocks',
         n.delay_time
    from pg_catalog.pg_stat_progress_analyze n
  /*: select null::int4, null::text, null::text, null::oid, null::oid, null::float8, null::float8, null::text, null::float8 where false */
  union all
  /*? create_index */
  select i.pid, i.command, i.phase, i.datid, i.relid,
         case when i.blocks_total > 0 then i.blocks_done
              when i.tuples_total > 0 then i.tuples_done
              else i.lockers_done end::float8,
         nullif(greatest(i.blocks_total, case when i.blocks_total > 0 then 0 else greatest(i.tuples_total,
                case when i.tuples_total > 0 then 0 else i.lockers_total end) end), 0)::float8,
         case when i.blocks_total > 0 then 'blocks' when i.tuples_total > 0 then 'tuples' else 'lockers' end, null
    from pg_catalog.pg_stat_progress_create_index i
  /*: select null::int4, null::text, null::text, null::oid, null::oid, null::float8, null::float8, null::text, null::float8 where false */
  union all
  /*? cluster */
  select c.pid, c.command, c.phase, c.datid, c.relid,
         case when c.heap_blks_total > 0 then c.heap_blks_scanned else c.heap_tuples_scanned end::float8,
         nullif(c.heap_blks_total, 0)::float8,
         case when c.heap_blks_total > 0 then 'blocks' else 'tuples' end, null
    from pg_catalog.pg_stat_progress_cluster c
  /*: select null::int4, null::text, null::text, null::oid, null::oid, null::float8, null::float8, null::text, null::float8 where false */
  union all
  /*? base_backup */
  select b.pid, 'BASE BACKUP', b.phase, null::oid, null::oid,
         b.backup_streamed::float8, nullif(b.backup_total, 0)::float8, 'bytes', null
    from pg_catalog.pg_stat_progress_basebackup b
  /*: select null::int4, null::text, null::text, null::oid, null::oid, null::float8, null::float8, null::text, null::float8 where false */
  union all
  /*? copy */
  select p.pid, p.command, p.type, p.datid, p.relid,
         p.bytes_processed::float8, nullif(p.bytes_total, 0)::float8, 'bytes', null
    from pg_catalog.pg_stat_progress_copy p
  /*: select null::int4, null::text, null::text, null::oid, null::oid, null::float8, null::float8, null::text, null::float8 where false */
)
select c.pid, c.command, coalesce(c.phase, '') as phase,
       d.datname::text as datname,
       case when c.relid = 0 or c.relid is null then null
            when d.datname = pg_catalog.current_database() then c.relid::pg_catalog.regclass::text
            else c.relid::text end as relation,
       c.done, c.total, c.unit,
       case when pg_catalog.current_setting('track_cost_delay_timing')::bool then c.delay_ms end::float8 as delay_ms,
       (extract(epoch from pg_catalog.clock_timestamp() - a.query_start) * 1000)::float8 as age_ms
  from commands c
  left join /*? databases */ pg_catalog.pg_database
       /*: (select null::oid as oid, null::name as datname, null::int4 as encoding limit 0) */ d on d.oid = c.datid
  left join pg_catalog.pg_stat_get_activity(null) a on a.pid = c.pid
 order by a.query_start nulls last, c.pid
 limit 100;
