-- rows: functions and procedures of the connected database that belong to no extension
-- since: 14
-- needs: nothing
-- cost: a part of pg_proc, bounded; only when the catalogs were written
-- docs: https://www.postgresql.org/docs/current/catalog-pg-proc.html
select p.oid::int8 as oid, n.nspname::text as schema, p.proname::text as name, p.prokind::text as kind,
       p.xmin::text as version
  from pg_catalog.pg_proc p
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
 where p.oid >= 16384
   and not exists (select from pg_catalog.pg_depend d
                    where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
 order by p.oid
 limit 5001;
