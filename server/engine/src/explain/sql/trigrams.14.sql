-- rows: the operator class of pg_trgm for GIN where it is installed, with its schema, quoted
-- since: 14
-- needs: nothing
-- cost: look-ups in small catalogs
-- docs: https://www.postgresql.org/docs/current/pgtrgm.html
select pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(o.opcname) as class
  from pg_catalog.pg_opclass o
  join pg_catalog.pg_namespace n on n.oid = o.opcnamespace
  join pg_catalog.pg_am m on m.oid = o.opcmethod
  join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_opclass'::regclass and d.objid = o.oid and d.deptype = 'e'
  join pg_catalog.pg_extension e on e.oid = d.refobjid and e.extname = 'pg_trgm'
 where m.amname = 'gin' and o.opcname = 'gin_trgm_ops'
 order by n.nspname
 limit 1;
