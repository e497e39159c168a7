-- rows: the table somebody named ($1), with the name as the server quotes it
-- since: 17 (the privilege MAINTAIN)
-- needs: nothing
-- cost: catalog look-ups of one relation; takes no lock on it
-- docs: https://www.postgresql.org/docs/current/sql-vacuum.html
select c.oid::int8 as oid,
       pg_catalog.format('%I.%I', n.nspname, c.relname) as name,
       c.relkind::text as relkind,
       pg_catalog.pg_get_userbyid(c.relowner)::text as owner,
       pg_catalog.current_setting('is_superuser')::bool
         or pg_catalog.pg_has_role(c.relowner, 'usage')
         or pg_catalog.has_table_privilege(c.oid, 'maintain')
         or (not c.relisshared and pg_catalog.pg_has_role(d.datdba, 'usage')) as may_maintain
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_database d on d.datname = pg_catalog.current_database()
 where c.oid = pg_catalog.to_regclass($1)
 order by c.oid
 limit 1;
