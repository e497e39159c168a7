-- rows: numbers that ANALYZE left about columns of the given tables and about expressions in their indexes
-- since: 14
-- needs: select on the columns; of others there is no row
-- cost: index look-ups in pg_statistic with a check of privileges, one per column
-- docs: https://www.postgresql.org/docs/current/view-pg-stats.html
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
select c.oid::int8 as relid, a.attnum, s.null_frac::float8 as null_frac, s.avg_width, s.n_distinct::float8 as n_distinct,
       case when k.relid is not null then s.most_common_freqs::float8[] end as frequencies
  from relations r
  join pg_catalog.pg_class c on c.oid = r.oid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  -- table by table, whatever the planner thinks of the view
  cross join lateral (select v.attname, v.null_frac, v.avg_width, v.n_distinct, v.most_common_freqs
                        from pg_catalog.pg_stats v
                       where v.schemaname = n.nspname and v.tablename = c.relname and not v.inherited
                      offset 0) s
  join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and a.attname = s.attname
  left join keys k on k.relid = c.oid and k.attnum = a.attnum
 order by 1, 2
 limit 100001;
