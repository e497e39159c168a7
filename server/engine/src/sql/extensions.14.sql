-- rows: extensions installed in the connected database
-- since: 9.1
-- needs: nothing
-- cost: one small catalog
-- docs: https://www.postgresql.org/docs/current/catalog-pg-extension.html
select e.extname::text as extname,
       e.extversion as extversion
  from pg_catalog.pg_extension e
 order by e.extname
 limit 200;
