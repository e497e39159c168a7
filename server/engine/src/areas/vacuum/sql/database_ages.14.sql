-- rows: databases with the age of their oldest unfrozen transaction id
-- since: 14
-- needs: nothing
-- cost: one small catalog
-- docs: https://www.postgresql.org/docs/current/routine-vacuuming.html#VACUUM-FOR-WRAPAROUND
select d.datname::text as datname,
       /*? xids */ pg_catalog.age(d.datfrozenxid)::int8 /*: null::int8 */ as xid_age,
       /*? multixacts */ pg_catalog.mxid_age(d.datminmxid)::int8 /*: null::int8 */ as multixact_age
  from pg_catalog.pg_database d
 order by xid_age desc nulls last, d.datname
 limit 1000;
