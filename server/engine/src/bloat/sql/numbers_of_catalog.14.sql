-- rows: numbers that ANALYZE left about columns of the given tables and about expressions in their indexes
-- since: 14
-- needs: select on pg_statistic: a superuser, or pg_read_all_data
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
select s.starelid::int8 as relid, s.staattnum as attnum, s.stanullfrac::float8 as null_frac, s.stawidth as avg_width,
       s.stadistinct::float8 as n_distinct,
       case when k.relid is null then null
            when s.stakind1 = 1 then s.stanumbers1::float8[] when s.stakind2 = 1 then s.stanumbers2::float8[]
            when s.stakind3 = 1 then s.stanumbers3::float8[] when s.stakind4 = 1 then s.stanumbers4::float8[]
            when s.stakind5 = 1 then s.stanumbers5::float8[] end as frequencies
  from relations r
  join pg_catalog.pg_statistic s on s.starelid = r.oid and not s.stainherit
  left join keys k on k.relid = s.starelid and k.attnum = s.staattnum
 order by 1, 2
 limit 100001;
