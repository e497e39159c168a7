-- rows: extensions of the connected database, and of pg_stat_statements whether we may ask it
-- since: 14
-- needs: nothing
-- cost: small catalogs; for pg_stat_statements one setting and the rights on its functions
-- docs: https://www.postgresql.org/docs/current/catalog-pg-extension.html
select e.extname::text as name, e.extversion as version, n.nspname::text as schema,
       case when e.extname = 'pg_stat_statements' then
         exists (select from pg_catalog.pg_settings s where s.name = 'pg_stat_statements.max')
         and coalesce(pg_catalog.has_schema_privilege(n.oid, 'usage'), false)
         and coalesce((select pg_catalog.bool_and(pg_catalog.has_function_privilege(p.oid, 'execute'))
                         from pg_catalog.pg_proc p
                        where p.proname = 'pg_stat_statements_info' and p.pronamespace = n.oid), false)
         else false end as is_readable
  from pg_catalog.pg_extension e
  left join pg_catalog.pg_namespace n on n.oid = e.extnamespace
 order by e.extname
 limit 500;
