-- rows: numbers that ANALYZE left about columns of the given tables and about expressions in their indexes
-- since: 14
-- needs: the view pgdeck.column_numbers, made by a superuser: numbers of all columns, never a value
-- cost: index look-ups in pg_statistic, one per table and index
-- docs: https://www.postgresql.org/docs/current/catalog-pg-statistic.html
with relations as (
  select c.oid from pg_catalog.pg_class c where c.oid in ({numbers})
  union all
  select i.indexrelid from pg_catalog.pg_index i where i.indrelid in ({numbers})
), keys as (
  -- frequencies are asked of these only: they are long
  select distinct case when i.indkey[0] = 0 then i.indexrelid else i.indrelid end as relid,
         case when i.indkey[0] = 0 then 1::int2 else i.indkey[0] end as attnum
    from pg_catalog.pg_index i
   where i.indrelid in ({numbers}) and i.indnatts = 1 and not i.indisunique
)
select s.relid::int8 as relid, s.attnum::int2 as attnum, s.null_frac::float8 as null_frac, s.avg_width::int4 as avg_width,
       s.n_distinct::float8 as n_distinct,
       case when k.relid is not null then s.frequencies::float8[] end as frequencies
  from relations r
  join pgdeck.column_numbers s on s.relid = r.oid
  left join keys k on k.relid = s.relid and k.attnum = s.attnum
 order by 1, 2
 limit 100001;
