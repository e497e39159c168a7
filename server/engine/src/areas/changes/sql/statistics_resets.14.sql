-- rows: when counters were set to zero, of each database and of what the cluster has once
-- since: 14
-- needs: nothing
-- cost: counters in shared memory
-- docs: https://www.postgresql.org/docs/current/monitoring-stats.html
select x.view, x.oid, x.name, (extract(epoch from x.stats_reset) * 1000)::int8 as reset_ms
  from (select 'pg_stat_database' as view, d.datid::int8 as oid, d.datname::text as name, d.stats_reset
          from pg_catalog.pg_stat_database d
        union all
        select 'pg_stat_bgwriter', 0, null, b.stats_reset from pg_catalog.pg_stat_bgwriter b
        union all
        select 'pg_stat_archiver', 0, null, a.stats_reset from pg_catalog.pg_stat_archiver a
        union all
        select 'pg_stat_wal', 0, null, w.stats_reset from pg_catalog.pg_stat_wal w
       ) x
 order by x.view, x.oid
 limit 10000;
