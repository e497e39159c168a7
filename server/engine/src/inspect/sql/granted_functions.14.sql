-- rows: one, the function of that name and these parameters in the schema pgdeck
-- since: 14
-- needs: nothing
-- cost: index look-ups
-- docs: https://www.postgresql.org/docs/current/catalog-pg-proc.html
select p.prosrc as prosrc,
       p.prosecdef and o.rolsuper as is_of_superuser,
       pg_catalog.has_schema_privilege(n.oid, 'usage') and pg_catalog.has_function_privilege(p.oid, 'execute') as may_call
  from pg_catalog.pg_proc p
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  join pg_catalog.pg_roles o on o.oid = p.proowner
 where n.nspname = 'pgdeck' and p.proname = $1::text and pg_catalog.oidvectortypes(p.proargtypes) = 'oid, bigint'
 order by p.oid
 limit 1;
