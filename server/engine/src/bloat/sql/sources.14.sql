-- rows: one, where column statistics can be read, and the settings that sizes depend on
-- since: 14
-- needs: nothing
-- cost: a few look-ups in the system caches
-- docs: https://www.postgresql.org/docs/current/catalog-pg-statistic.html
select exists (select 1
                 from pg_catalog.pg_class c
                 join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                 join pg_catalog.pg_roles r on r.oid = c.relowner
                where n.nspname = 'pgdeck' and c.relname = 'column_numbers' and c.relkind = 'v'
                  -- a view of anybody else's could run functions of theirs with our rights
                  and r.rolsuper
                  and pg_catalog.has_schema_privilege(n.oid, 'usage')
                  and pg_catalog.has_table_privilege(c.oid, 'select')) as has_view,
       pg_catalog.has_table_privilege('pg_catalog.pg_statistic', 'select') as has_catalog,
       pg_catalog.current_setting('block_size')::int4 as block_size,
       pg_catalog.current_setting('default_statistics_target')::int4 as default_statistics_target
 order by 1
 limit 1;
