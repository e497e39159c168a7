-- rows: extended statistics of the table
-- since: 14
-- needs: to own the table, in order to see whether they are filled
-- cost: an index look-up in pg_statistic_ext
-- docs: https://www.postgresql.org/docs/current/catalog-pg-statistic-ext.html
select n.nspname::text as nspname, e.stxname::text as stxname, pg_catalog.pg_get_statisticsobjdef(e.oid) as definition,
       array(select a.attname::text from pg_catalog.pg_attribute a
              where a.attrelid = e.stxrelid and a.attnum = any (e.stxkeys) order by a.attnum) as columns,
       -- the view shows only what belongs to our role
       case when pg_catalog.pg_has_role(c.relowner, 'usage') and not pg_catalog.row_security_active(c.oid) then
         exists (select from pg_catalog.pg_stats_ext x
                  where x.statistics_schemaname = n.nspname and x.statistics_name = e.stxname
                    and (x.n_distinct is not null or x.dependencies is not null or x.most_common_freqs is not null))
       end as is_filled
  from pg_catalog.pg_statistic_ext e
  join pg_catalog.pg_namespace n on n.oid = e.stxnamespace
  join pg_catalog.pg_class c on c.oid = e.stxrelid
 where e.stxrelid = $1::int8::pg_catalog.oid
 order by e.stxname, n.nspname
 limit 1001;
