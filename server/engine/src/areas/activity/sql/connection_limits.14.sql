-- rows: connection limits of databases and of roles that they hold for
-- since: 14
-- needs: nothing
-- cost: two small catalogs, once a minute
-- docs: https://www.postgresql.org/docs/current/sql-alterrole.html
with limits as (
  select 'database'::text as kind, d.datname::text as name, d.datconnlimit::int8 as connection_limit
    from pg_catalog.pg_database d
   where d.datconnlimit >= 0 and d.datallowconn
  union all
  select 'role', r.rolname::text, r.rolconnlimit::int8
    from pg_catalog.pg_roles r
   -- superusers are let in without counting
   where r.rolconnlimit >= 0 and r.rolcanlogin and not r.rolsuper
)
select l.kind, l.name, l.connection_limit
  from limits l
 order by l.kind, l.name
 limit 1000;
