-- rows: tables of the connected database whose statistics somebody gathered by hand, the newest first
-- since: 14
-- needs: nothing
-- cost: one pass over pg_class, and counters in shared memory for each table of it
-- docs: https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ALL-TABLES-VIEW
select n.nspname::text as schema, t.relname::text as name, (extract(epoch from t.analyzed) * 1000)::int8 as analyzed_ms
  from (select c.oid, c.relname, c.relnamespace, pg_catalog.pg_stat_get_last_analyze_time(c.oid) as analyzed
          from pg_catalog.pg_class c
         where c.relkind in ('r', 'p', 'm')
           and c.relpersistence <> 't'
           and c.oid >= 16384
           and c.relnamespace not in ('pg_catalog'::regnamespace, 'pg_toast'::regnamespace)) t
  join pg_catalog.pg_namespace n on n.oid = t.relnamespace
 where t.analyzed is not null
 order by t.analyzed desc, t.oid
 limit 51;
