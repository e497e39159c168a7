-- rows: numbers that ANALYZE left of the table's columns
-- since: 14
-- needs: the view pgdeck.column_numbers, made by a superuser: numbers of all columns, never a value
-- cost: index look-ups in pg_statistic
-- docs: https://www.postgresql.org/docs/current/catalog-pg-statistic.html
select s.attnum::int2 as attnum, s.null_frac::float8 as null_frac, s.avg_width::int4 as avg_width,
       s.n_distinct::float8 as n_distinct, f.most_common, f.common_values, f.common_share,
       -- a view that was made before it told this has no such column
       (pg_catalog.to_jsonb(s) ->> 'correlation')::float8 as correlation
  from pgdeck.column_numbers s
 cross join lateral (
   select max(n)::float8 as most_common, count(n)::int4 as common_values, coalesce(sum(n), 0)::float8 as common_share
     from pg_catalog.unnest(s.frequencies) n) f
    -- the view tells what a table holds itself, not what is below it
 where s.relid = $1::int8::pg_catalog.oid and not $2::bool
 order by 1
 limit 1601;
