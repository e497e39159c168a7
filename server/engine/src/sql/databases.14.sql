-- rows: other databases that our role may connect to
-- since: 14
-- needs: nothing
-- cost: one small catalog
-- docs: https://www.postgresql.org/docs/current/catalog-pg-database.html
select d.datname::text as datname
  from pg_catalog.pg_database d
 where d.datallowconn
   and not d.datistemplate
   and d.datname <> pg_catalog.current_database()
   and pg_catalog.has_database_privilege(d.oid, 'CONNECT')
 order by d.datname
 limit 1000;
