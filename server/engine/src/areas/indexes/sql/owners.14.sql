-- rows: tables of these oids, with what is written to them
-- since: 14
-- needs: nothing
-- cost: a look at pg_class by its index for each, and some at its counters in shared memory
-- docs: https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ALL-TABLES-VIEW
select c.oid::int8 as oid, n.nspname::text as nspname, c.relname::text as relname,
       row(c.relkind, h.inhparent, c.relpages, c.reltuples,
            nullif(pg_catalog.pg_stat_get_numscans(c.oid), 0),
            nullif(pg_catalog.pg_stat_get_tuples_inserted(c.oid), 0),
            nullif(pg_catalog.pg_stat_get_tuples_updated(c.oid), 0),
            nullif(pg_catalog.pg_stat_get_tuples_deleted(c.oid), 0),
            nullif(pg_catalog.pg_stat_get_tuples_hot_updated(c.oid), 0),
            nullif(pg_catalog.pg_stat_get_live_tuples(c.oid), 0), null)::text as numbers
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  left join pg_catalog.pg_inherits h on h.inhrelid = c.oid and h.inhseqno = 1
 where c.relkind in ('r', 'm', 'p')
   and c.relpersistence <> 't'
   and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
   and c.oid = any ('{{numbers}}'::oid[])
 order by c.oid
 limit 20000;
