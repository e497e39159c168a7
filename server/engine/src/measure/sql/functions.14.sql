-- rows: one for each function that is asked for: the schema of its extension and whether our role may call it
-- since: 14
-- needs: nothing
-- cost: a look-up for each
-- docs: https://www.postgresql.org/docs/current/catalog-pg-depend.html
select w.place,
       a.name is not null as available,
       coalesce(n.nspname::text, '') as nspname,
       e.oid is not null as installed,
       coalesce(pg_catalog.has_schema_privilege(n.oid, 'usage'), false) as usage,
       f.oid is not null as found,
       coalesce(pg_catalog.has_function_privilege(f.oid, 'execute'), false) as execute
  from rows from (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[]), pg_catalog.unnest($3::text[]))
       with ordinality as w(extension, name, types, place)
  left join pg_catalog.pg_available_extensions a on a.name = w.extension::name
  left join pg_catalog.pg_extension e on e.extname = w.extension
  left join pg_catalog.pg_namespace n on n.oid = e.extnamespace
  left join lateral (
       select p.oid
         from pg_catalog.pg_depend d
         join pg_catalog.pg_proc p on p.oid = d.objid
        where d.classid = 'pg_catalog.pg_proc'::regclass
          and d.refclassid = 'pg_catalog.pg_extension'::regclass
          and d.refobjid = e.oid and d.deptype = 'e'
          and p.proname = w.name and pg_catalog.oidvectortypes(p.proargtypes) = w.types
        order by p.oid
        limit 1) f on true
 order by w.place
 limit 20;
