-- rows: a value of each of the given columns, in their order: the most common one, or the one at a place of the histogram
-- since: 14
-- needs: select on the columns
-- cost: index look-ups in pg_class, pg_attribute and pg_statistic, one per column
-- docs: https://www.postgresql.org/docs/current/view-pg-stats.html
select (select case when w.bound is null
                    then coalesce((s.most_common_vals::text::text[])[1], h.bounds[(h.size + 1) / 2])
                    else coalesce(h.bounds[1 + pg_catalog.floor(w.bound * (h.size - 1))::int4],
                                  (s.most_common_vals::text::text[])[1]) end
          from pg_catalog.pg_stats s
          join pg_catalog.pg_namespace n on n.nspname = s.schemaname
          join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = s.tablename
          join lateral (select s.histogram_bounds::text::text[] as bounds,
                               pg_catalog.cardinality(s.histogram_bounds::text::text[]) as size) h on true
         where s.tablename = w.name::name and s.attname = w.attribute::name
           and c.relname = w.name::name and s.inherited = (c.relkind = 'p')
           and (w.schema = n.nspname or (w.schema is null and pg_catalog.pg_table_is_visible(c.oid)))
         order by s.schemaname
         limit 1) as value
  from rows from (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[]), pg_catalog.unnest($3::text[]),
                  pg_catalog.unnest($4::float8[]))
       with ordinality as w(schema, name, attribute, bound, place)
 order by w.place
 limit 200;
