-- rows: statistics of the columns of the given tables that our role may see
-- since: 14
-- needs: select on the columns
-- cost: index look-ups in pg_statistic, one per table
-- docs: https://www.postgresql.org/docs/current/view-pg-stats.html
select s.schemaname::text as schema, s.tablename::text as relation, s.attname::text as name,
       s.n_distinct::float8 as n_distinct, s.correlation::float8 as correlation,
       s.null_frac::float8 as null_frac, s.most_common_freqs[1]::float8 as most_common_freq,
       s.avg_width::float8 as avg_width
  from (select distinct u.schema, u.name
          from rows from (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) as u(schema, name)) w
  join pg_catalog.pg_class c on c.relname = w.name and c.relkind in ('r', 'p', 'm', 'f')
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_stats s on s.schemaname = n.nspname and s.tablename = c.relname
 where (w.schema = n.nspname or (w.schema is null and pg_catalog.pg_table_is_visible(c.oid)))
   and s.inherited = (c.relkind = 'p')
 order by s.schemaname, s.tablename, s.attname
 limit 5000;
