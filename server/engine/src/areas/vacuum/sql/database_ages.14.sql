-- rows: databases with the age of their oldest unfrozen transaction id
-- since: 14
-- needs: nothing
-- cost: one small catalog
-- docs: https://www.postgresql.org/docs/current/routine-vacuuming.html#VACUUM-FOR-WRAPAROUND
select d.datname::text as datname,
       pg_catalog.age(d.datfrozenxid)::int8 as xid_age,
       pg_catalog.mxid_age(d.datminmxid)::int8 as multixact_age
  from pg_catalog.pg_database d
 order by pg_catalog.age(d.datfrozenxid) desc, d.datname
 limit 1000;
