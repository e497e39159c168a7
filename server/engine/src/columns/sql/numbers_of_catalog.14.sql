-- rows: numbers that ANALYZE left of the table's columns
-- since: 14
-- needs: select on pg_statistic: a superuser, or pg_read_all_data
-- cost: index look-ups in pg_statistic
-- docs: https://www.postgresql.org/docs/current/catalog-pg-statistic.html
select s.staattnum as attnum, s.stanullfrac::float8 as null_frac, s.stawidth as avg_width,
       s.stadistinct::float8 as n_distinct, f.most_common, f.common_values, f.common_share,
       (case 3 when s.stakind1 then s.stanumbers1 when s.stakind2 then s.stanumbers2 when s.stakind3 then s.stanumbers3
               when s.stakind4 then s.stanumbers4 when s.stakind5 then s.stanumbers5 end)[1]::float8 as correlation
  from pg_catalog.pg_statistic s
 cross join lateral (
   select max(n)::float8 as most_common, count(n)::int4 as common_values, coalesce(sum(n), 0)::float8 as common_share
     from pg_catalog.unnest(
       case 1 when s.stakind1 then s.stanumbers1 when s.stakind2 then s.stanumbers2 when s.stakind3 then s.stanumbers3
              when s.stakind4 then s.stanumbers4 when s.stakind5 then s.stanumbers5 end) n) f
 where s.starelid = $1::int8::pg_catalog.oid and s.stainherit = $2::bool
 order by 1
 limit 1601;
