-- rows: extended statistics of the given tables
-- since: 14
-- needs: nothing
-- cost: index look-ups in pg_statistic_ext, one per table
-- docs: https://www.postgresql.org/docs/current/catalog-pg-statistic-ext.html
select n.nspname::text as schema, c.relname::text as relation, e.stxname::text as name,
       array(select a.attname::text from pg_catalog.pg_attribute a
              where a.attrelid = c.oid and a.attnum = any (e.stxkeys) order by a.attnum) as columns
  from (select distinct u.schema, u.name
          from rows from (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) as u(schema, name)) w
  join pg_catalog.pg_class c on c.relname = w.name and c.relkind in ('r', 'p', 'm', 'f')
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_statistic_ext e on e.stxrelid = c.oid
 where w.schema = n.nspname or (w.schema is null and pg_catalog.pg_table_is_visible(c.oid))
 order by n.nspname, c.relname, e.stxname
 limit 500;
