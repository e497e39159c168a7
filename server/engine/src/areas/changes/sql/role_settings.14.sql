-- rows: settings that roles and databases have for themselves, as `name=value`
-- since: 14
-- needs: nothing
-- cost: one shared catalog
-- docs: https://www.postgresql.org/docs/current/catalog-pg-db-role-setting.html
select d.datname::text as database, r.rolname::text as role, s.entry
  from pg_catalog.pg_db_role_setting c
 cross join lateral pg_catalog.unnest(c.setconfig) as s (entry)
  left join pg_catalog.pg_database d on d.oid = c.setdatabase
  left join pg_catalog.pg_roles r on r.oid = c.setrole
 where pg_catalog.octet_length(s.entry) <= 2000
 order by c.setdatabase, c.setrole, s.entry
 limit 2000;
