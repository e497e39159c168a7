-- rows: sizes of databases; null of those our role may neither connect to nor measure
-- since: 14
-- needs: pg_monitor for databases that our role may not connect to
-- cost: one stat() for each file of each database: read every ten minutes, and hourly where that takes too long
-- docs: https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADMIN-DBSIZE
select d.oid::int8 as oid,
       case when pg_catalog.has_database_privilege(d.oid, 'connect') or pg_catalog.pg_has_role('pg_read_all_stats', 'usage')
            then pg_catalog.pg_database_size(d.oid) end::int8 as bytes
  from pg_catalog.pg_database d
 order by d.oid
 limit 1000;
