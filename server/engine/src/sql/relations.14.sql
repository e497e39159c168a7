-- rows: one, the relations behind an oid as arrays of one length, with numbers that change when one is touched
-- since: 14
-- needs: nothing
-- cost: the rows of pg_class behind the oid, and three looks at counters in shared memory for each
-- docs: https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ALL-TABLES-VIEW
select pg_catalog.array_agg(l.oid)::text as oids, pg_catalog.string_agg(l.relkind::text, '') as kinds,
       pg_catalog.array_agg(l.xmin)::text as written, pg_catalog.array_agg(l.touched)::text as touched
  from (select c.oid, c.relkind, c.xmin,
               c.relpages + pg_catalog.pg_stat_get_blocks_fetched(c.oid) + pg_catalog.pg_stat_get_numscans(c.oid)
               + pg_catalog.pg_stat_get_tuples_inserted(c.oid) as touched
          from pg_catalog.pg_class c
         where c.relpersistence <> 't'
           and (c.relkind in ('r', 'm', 'p', 'I')
                -- one that was never vacuumed is written to only with its table; its index is read with it (oid 99)
                or c.relkind = 't' and c.relpages > 0
                or c.relkind = 'i' and c.relnamespace <> 99)
           and c.oid > (array[{numbers}]::int8[])[1]::oid
         order by c.oid
         limit 50000) l
 order by 1
 limit 1;
