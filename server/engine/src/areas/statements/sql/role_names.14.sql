-- rows: roles by oid
-- since: 14
-- needs: nothing
-- cost: one shared catalog, read every few minutes
-- docs: https://www.postgresql.org/docs/current/view-pg-roles.html
select r.oid::int8 as oid, r.rolname::text as name
  from pg_catalog.pg_roles r
 order by r.oid
 limit 10000;
