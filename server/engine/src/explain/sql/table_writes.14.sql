-- rows: what was written to the given tables since the counters began, and their indexes that nothing but queries needs
-- since: 14
-- needs: nothing
-- cost: index look-ups in pg_class, pg_index, pg_constraint and the statistics, one per table; definitions are printed without a lock
-- docs: https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ALL-TABLES-VIEW
select n.nspname::text as schema, c.relname::text as name,
       pg_catalog.pg_stat_get_tuples_inserted(c.oid)::float8 as n_tup_ins,
       pg_catalog.pg_stat_get_tuples_updated(c.oid)::float8 as n_tup_upd,
       pg_catalog.pg_stat_get_tuples_hot_updated(c.oid)::float8 as n_tup_hot_upd,
       pg_catalog.pg_stat_get_tuples_deleted(c.oid)::float8 as n_tup_del,
       extract(epoch from pg_catalog.clock_timestamp()
         - (select pg_catalog.pg_stat_get_db_stat_reset_time(d.oid)
              from pg_catalog.pg_database d
             where d.datname = pg_catalog.current_database()))::float8 as counted_seconds,
       coalesce(x.droppable, '{}') as droppable, coalesce(x.definitions, '{}') as definitions
  from (select distinct u.schema, u.name
          from rows from (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) as u(schema, name)) w
  join pg_catalog.pg_class c on c.relname = w.name and c.relkind in ('r', 'p', 'm')
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  cross join lateral (
         select pg_catalog.array_agg(i.relname::text order by i.relname) as droppable,
                pg_catalog.array_agg(pg_catalog.pg_get_indexdef(x.indexrelid) order by i.relname) as definitions
           from pg_catalog.pg_index x
           join pg_catalog.pg_class i on i.oid = x.indexrelid
          where x.indrelid = c.oid and x.indisvalid
            and not x.indisunique and not x.indisreplident and not x.indisclustered
            and not exists (select from pg_catalog.pg_constraint k where k.conindid = x.indexrelid)
            and not exists (select from pg_catalog.pg_inherits p where p.inhrelid = x.indexrelid)) x
 where w.schema = n.nspname or (w.schema is null and pg_catalog.pg_table_is_visible(c.oid))
 order by n.nspname, c.relname
 limit 200;
