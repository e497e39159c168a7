-- rows: the table of that name
-- since: 14
-- needs: nothing
-- cost: one index look-up in pg_class
-- docs: https://www.postgresql.org/docs/current/catalog-pg-class.html
select c.oid::int8 as oid, c.relkind::text as relkind, greatest(c.relpages, 0)::int8 as relpages,
       case when c.reltuples < 0 then null else c.reltuples::float8 end as reltuples,
       pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::int8 as pages,
       pg_catalog.current_setting('default_statistics_target')::int4 as default_target,
       pg_catalog.has_table_privilege(c.oid, 'select')
         and not (c.relrowsecurity and pg_catalog.row_security_active(c.oid)) as may_select,
       current_user::text as role,
       case when not exists (select from pg_catalog.pg_class v join pg_catalog.pg_namespace s on s.oid = v.relnamespace
                              where s.nspname = 'pgdeck' and v.relname = 'column_numbers' and v.relkind = 'v'
                                and (select r.rolsuper from pg_catalog.pg_roles r where r.oid = v.relowner)
                                and pg_catalog.has_schema_privilege(s.oid, 'usage')
                                and pg_catalog.has_table_privilege(v.oid, 'select')) then
            case when pg_catalog.has_table_privilege('pg_catalog.pg_statistic', 'select') then 'pg_statistic'
                 else 'pg_stats' end
            else 'pgdeck.column_numbers' end as source
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where n.nspname = $1::text and c.relname = $2::text and c.relkind in ('r', 'm', 'p')
 order by c.oid
 limit 1;
