-- rows: the extension hypopg where it is installed, its schema, whether we may call it, and whether it hides indexes
-- since: 14
-- needs: nothing
-- cost: look-ups in small catalogs
-- docs: https://www.postgresql.org/docs/current/catalog-pg-extension.html
select e.extversion::text as version, n.nspname::text as schema,
       pg_catalog.has_schema_privilege(n.oid, 'usage')
         and coalesce((select pg_catalog.bool_and(pg_catalog.has_function_privilege(p.oid, 'execute'))
                         from pg_catalog.pg_proc p
                        where p.pronamespace = n.oid
                          and p.proname in ('hypopg_create_index', 'hypopg_drop_index', 'hypopg_relation_size', 'hypopg_reset')), false) as may_use,
       coalesce((select pg_catalog.bool_and(pg_catalog.has_function_privilege(p.oid, 'execute'))
                   from pg_catalog.pg_proc p
                  where p.pronamespace = n.oid and p.proname = 'hypopg_hide_index'), false) as can_hide
  from pg_catalog.pg_extension e
  join pg_catalog.pg_namespace n on n.oid = e.extnamespace
 where e.extname = 'hypopg'
 order by e.extname
 limit 1;
