-- rows: tables, partitioned tables and materialized views of these oids, with their counters
-- since: 14
-- needs: nothing
-- cost: a look at pg_class by its index for each, and some thirty at its counters in shared memory
-- docs: https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ALL-TABLES-VIEW
select c.oid::int8 as oid, n.nspname::text as nspname, c.relname::text as relname, c.relkind::text as relkind,
       c.relpersistence::text as relpersistence, am.amname::text as amname,
       pg_catalog.array_to_string(c.reloptions, e'\n') as reloptions,
       row(c.relnatts, c.relispartition, h.inhparent, c.relpages, c.reltuples, c.relallvisible, null,
            case c.relkind when 'p' then null else pg_catalog.age(c.relfrozenxid) end,
            case c.relkind when 'p' then null else pg_catalog.mxid_age(c.relminmxid) end,
            nullif(pg_catalog.pg_stat_get_numscans(c.oid), 0),
            nullif(pg_catalog.pg_stat_get_tuples_returned(c.oid), 0),
            nullif(pg_catalog.pg_stat_get_tuples_fetched(c.oid), 0),
            nullif(pg_catalog.pg_stat_get_tuples_inserted(c.oid), 0),
            nullif(pg_catalog.pg_stat_get_tuples_updated(c.oid), 0),
            nullif(pg_catalog.pg_stat_get_tuples_deleted(c.oid), 0),
            nullif(pg_catalog.pg_stat_get_tuples_hot_updated(c.oid), 0),
            nullif(pg_catalog.pg_stat_get_live_tuples(c.oid), 0),
            nullif(pg_catalog.pg_stat_get_dead_tuples(c.oid), 0),
            nullif(pg_catalog.pg_stat_get_mod_since_analyze(c.oid), 0),
            nullif(pg_catalog.pg_stat_get_ins_since_vacuum(c.oid), 0),
            nullif(pg_catalog.pg_stat_get_blocks_fetched(c.oid), 0),
            nullif(pg_catalog.pg_stat_get_blocks_hit(c.oid), 0),
            nullif(pg_catalog.pg_stat_get_vacuum_count(c.oid), 0),
            nullif(pg_catalog.pg_stat_get_autovacuum_count(c.oid), 0),
            nullif(pg_catalog.pg_stat_get_analyze_count(c.oid), 0),
            nullif(pg_catalog.pg_stat_get_autoanalyze_count(c.oid), 0),
            (extract(epoch from pg_catalog.pg_stat_get_last_vacuum_time(c.oid)) * 1000)::int8,
            (extract(epoch from pg_catalog.pg_stat_get_last_autovacuum_time(c.oid)) * 1000)::int8,
            (extract(epoch from pg_catalog.pg_stat_get_last_analyze_time(c.oid)) * 1000)::int8,
            (extract(epoch from pg_catalog.pg_stat_get_last_autoanalyze_time(c.oid)) * 1000)::int8, null, null,
            null,
            -- block and line of its row, which autovacuum reads from begin to end
            ((c.ctid::text::point)[0] * 65536 + (c.ctid::text::point)[1])::int8)::text as numbers
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  left join pg_catalog.pg_am am on am.oid = c.relam
  left join pg_catalog.pg_inherits h on h.inhrelid = c.oid and h.inhseqno = 1
 where c.relkind in ('r', 'm', 'p')
   and c.relpersistence <> 't'
   and c.oid = any ('{{numbers}}'::oid[])
 order by c.oid
 limit 20000;
