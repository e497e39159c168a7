-- rows: numbers that ANALYZE left of the table's columns
-- since: 14
-- needs: select on the columns; of others there is no row
-- cost: index look-ups in pg_statistic with a check of privileges
-- docs: https://www.postgresql.org/docs/current/view-pg-stats.html
select a.attnum, s.null_frac::float8 as null_frac, s.avg_width, s.n_distinct::float8 as n_distinct,
       f.most_common, f.common_values, f.common_share, s.correlation::float8 as correlation
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0
  join pg_catalog.pg_stats s
    on s.schemaname = n.nspname and s.tablename = c.relname and s.attname = a.attname and s.inherited = $2::bool
 cross join lateral (
   select max(n)::float8 as most_common, count(n)::int4 as common_values, coalesce(sum(n), 0)::float8 as common_share
     from pg_catalog.unnest(s.most_common_freqs) n) f
 where c.oid = $1::int8::pg_catalog.oid
 order by 1
 limit 1601;
