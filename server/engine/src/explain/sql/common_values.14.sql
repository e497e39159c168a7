-- rows: the most common value of each of the given columns, in their order
-- since: 14
-- needs: select on the columns
-- cost: index look-ups in pg_class, pg_attribute and pg_statistic, one per column
-- docs: https://www.postgresql.org/docs/current/view-pg-stats.html
select (select (s.most_common_vals::text::text[])[1]
          from pg_catalog.pg_stats s
          join pg_catalog.pg_namespace n on n.nspname = s.schemaname
          join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = s.tablename
         where s.tablename = w.name::name and s.attname = w.attribute::name
           and c.relname = w.name::name and s.inherited = (c.relkind = 'p')
           and (w.schema = n.nspname or (w.schema is null and pg_catalog.pg_table_is_visible(c.oid)))
         order by s.schemaname
         limit 1) as value
  from rows from (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[]), pg_catalog.unnest($3::text[]))
       with ordinality as w(schema, name, attribute, place)
 order by w.place
 limit 200;
