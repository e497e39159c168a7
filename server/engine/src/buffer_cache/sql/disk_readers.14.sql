-- rows: relations of this database of which the most blocks were read from outside shared buffers
-- since: 14
-- needs: nothing
-- cost: a look at the statistics of each relation of this database: only on request
-- docs: https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STATIO-ALL-TABLES-VIEW
with held as materialized (
  select l.relation
    from pg_catalog.pg_locks l
   where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock'
), readers as (
  select c.oid, c.relname, c.relnamespace,
         pg_catalog.pg_stat_get_blocks_fetched(c.oid) - pg_catalog.pg_stat_get_blocks_hit(c.oid) as blocks_read
    from pg_catalog.pg_class c
   where c.relkind in ('r', 'm', 'i') and c.relpersistence <> 't'
     and c.relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
   order by 4 desc, 1
   limit 30
)
select r.oid::int8 as oid,
       n.nspname::text as nspname,
       r.relname::text as relname,
       r.blocks_read::int8 as blocks_read,
       -- asking for a size takes a lock, which nobody is waited for
       pg_catalog.pg_relation_size(r.oid)::int8 as bytes
  from readers r
  join pg_catalog.pg_namespace n on n.oid = r.relnamespace
 where r.blocks_read > 0 and not exists (select from held e where e.relation = r.oid)
 order by r.blocks_read desc, 1
 limit 30;
