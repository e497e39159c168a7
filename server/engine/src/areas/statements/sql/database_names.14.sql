-- rows: databases by oid
-- since: 14
-- needs: nothing
-- cost: one shared catalog, read every few minutes
-- docs: https://www.postgresql.org/docs/current/catalog-pg-database.html
select d.oid::int8 as oid, d.datname::text as name
  from pg_catalog.pg_database d
 order by d.oid
 limit 10000;
