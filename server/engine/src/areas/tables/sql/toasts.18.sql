-- rows: TOAST tables that hold or held chunks, of tables of these oids, with their counters
-- since: 18
-- needs: nothing
-- cost: two looks at pg_class by its index for each, and some thirty at its counters in shared memory
-- docs: https://www.postgresql.org/docs/current/storage-toast.html
select c.oid::int8 as of_oid, t.oid::int8 as oid,
       pg_catalog.array_to_string(t.reloptions, e'\n') as reloptions,
       row(t.relnatts, false, null, t.relpages, t.reltuples, t.relallvisible, t.relallfrozen,
            case t.relkind when 'p' then null else pg_catalog.age(t.relfrozenxid) end,
            case t.relkind when 'p' then null else pg_catalog.mxid_age(t.relminmxid) end,
            nullif(pg_catalog.pg_stat_get_numscans(t.oid), 0),
            nullif(pg_catalog.pg_stat_get_tuples_returned(t.oid), 0),
            nullif(pg_catalog.pg_stat_get_tuples_fetched(t.oid), 0),
            nullif(pg_catalog.pg_stat_get_tuples_inserted(t.oid), 0),
            nullif(pg_catalog.pg_stat_get_tuples_updated(t.oid), 0),
            nullif(pg_catalog.pg_stat_get_tuples_deleted(t.oid), 0),
            nullif(pg_catalog.pg_stat_get_tuples_hot_updated(t.oid), 0),
            nullif(pg_catalog.pg_stat_get_live_tuples(t.oid), 0),
            nullif(pg_catalog.pg_stat_get_dead_tuples(t.oid), 0),
            nullif(pg_catalog.pg_stat_get_mod_since_analyze(t.oid), 0),
            nullif(pg_catalog.pg_stat_get_ins_since_vacuum(t.oid), 0),
            nullif(pg_catalog.pg_stat_get_blocks_fetched(t.oid), 0),
            nullif(pg_catalog.pg_stat_get_blocks_hit(t.oid), 0),
            nullif(pg_catalog.pg_stat_get_vacuum_count(t.oid), 0),
            nullif(pg_catalog.pg_stat_get_autovacuum_count(t.oid), 0),
            nullif(pg_catalog.pg_stat_get_analyze_count(t.oid), 0),
            nullif(pg_catalog.pg_stat_get_autoanalyze_count(t.oid), 0),
            (extract(epoch from pg_catalog.pg_stat_get_last_vacuum_time(t.oid)) * 1000)::int8,
            (extract(epoch from pg_catalog.pg_stat_get_last_autovacuum_time(t.oid)) * 1000)::int8,
            (extract(epoch from pg_catalog.pg_stat_get_last_analyze_time(t.oid)) * 1000)::int8,
            (extract(epoch from pg_catalog.pg_stat_get_last_autoanalyze_time(t.oid)) * 1000)::int8,
            (extract(epoch from pg_catalog.pg_stat_get_lastscan(t.oid)) * 1000)::int8,
            pg_catalog.pg_stat_get_tuples_newpage_updated(t.oid),
            pg_catalog.pg_stat_get_total_autovacuum_time(t.oid),
            -- block and line of its row, which autovacuum reads from begin to end
            ((t.ctid::text::point)[0] * 65536 + (t.ctid::text::point)[1])::int8)::text as numbers
  from pg_catalog.pg_class c
  join pg_catalog.pg_class t on t.oid = c.reltoastrelid
 where c.relkind in ('r', 'm')
   and c.relpersistence <> 't'
   and c.oid = any ('{{numbers}}'::oid[])
   -- most of them were never written to
   and (t.relpages > 0 or t.reloptions is not null or pg_catalog.pg_stat_get_tuples_inserted(t.oid) > 0)
 order by c.oid
 limit 20000;
