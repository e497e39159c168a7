-- rows: indexes of these oids, and of tables and TOAST tables of these oids, with sizes and scans
-- since: 16
-- needs: nothing
-- cost: a look at pg_index by its index for each, and as many at counters in shared memory
-- docs: https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ALL-INDEXES-VIEW
select i.indrelid::int8 as of_oid, c.oid::int8 as oid, c.relname::text as relname, am.amname::text as amname,
       row(c.relpages, c.reltuples, nullif(pg_catalog.pg_stat_get_numscans(c.oid), 0),
            nullif(pg_catalog.pg_stat_get_tuples_fetched(c.oid), 0), nullif(pg_catalog.pg_stat_get_blocks_fetched(c.oid), 0),
            nullif(pg_catalog.pg_stat_get_blocks_hit(c.oid), 0), (extract(epoch from pg_catalog.pg_stat_get_lastscan(c.oid)) * 1000)::int8)::text as numbers
  from pg_catalog.pg_index i
  join pg_catalog.pg_class c on c.oid = i.indexrelid
  join pg_catalog.pg_am am on am.oid = c.relam
 -- one list, so that pg_index and what is joined to it are looked up by their indexes, however large they are
 where i.indexrelid = any (array(select x.indexrelid from pg_catalog.pg_index x where x.indrelid = any ('{{numbers}}'::oid[]))
                           || '{{numbers}}'::oid[])
   and c.relkind = 'i'
   -- not those of empty tables in pg_toast (oid 99), which is most
   and (c.relnamespace <> 99 or c.relpages > 1 or pg_catalog.pg_stat_get_tuples_inserted(i.indrelid) > 0)
 order by i.indrelid, c.oid
 limit 100000;
