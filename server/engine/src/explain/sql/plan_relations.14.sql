-- rows: tables, materialized views and partitioned tables of the given names, with their size and the age of their statistics
-- since: 14
-- needs: nothing; may_select says whether their column statistics are shown
-- cost: index look-ups in pg_class, one per name; sizes from relpages, so no lock is taken
-- docs: https://www.postgresql.org/docs/current/catalog-pg-class.html
select n.nspname::text as schema, c.relname::text as name,
       (c.relpages::int8 * pg_catalog.current_setting('block_size')::int8)::float8 as size_bytes,
       nullif(c.reltuples, -1)::float8 as reltuples,
       least(c.relallvisible::float8 / nullif(c.relpages, 0), 1.0) as all_visible,
       pg_catalog.pg_stat_get_mod_since_analyze(c.oid)::float8 as n_mod_since_analyze,
       extract(epoch from pg_catalog.clock_timestamp() - greatest(
         pg_catalog.pg_stat_get_last_analyze_time(c.oid),
         pg_catalog.pg_stat_get_last_autoanalyze_time(c.oid)))::float8 as analyze_age_seconds,
       pg_catalog.has_any_column_privilege(c.oid, 'select') as may_select,
       r.schema as root_schema, r.name as root_name, r.partitioned as root_partitioned
  from (select distinct u.schema, u.name
          from rows from (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) as u(schema, name)) w
  join pg_catalog.pg_class c on c.relname = w.name and c.relkind in ('r', 'p', 'm', 'f')
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  left join lateral (
         with recursive above(oid, steps) as (
           select i.inhparent, 1 from pg_catalog.pg_inherits i where i.inhrelid = c.oid
           union all
           select i.inhparent, a.steps + 1 from above a join pg_catalog.pg_inherits i on i.inhrelid = a.oid where a.steps < 50)
         select rn.nspname::text as schema, rc.relname::text as name, rc.relkind = 'p' as partitioned
           from above a
           join pg_catalog.pg_class rc on rc.oid = a.oid
           join pg_catalog.pg_namespace rn on rn.oid = rc.relnamespace
          order by a.steps desc
          limit 1) r on true
 where w.schema = n.nspname or (w.schema is null and pg_catalog.pg_table_is_visible(c.oid))
 order by n.nspname, c.relname
 limit 200;
