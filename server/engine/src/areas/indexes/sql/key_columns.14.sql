-- rows: columns of foreign keys of some tables
-- since: 14
-- needs: nothing
-- cost: as many looks at pg_attribute as there are columns in those keys
-- docs: https://www.postgresql.org/docs/current/catalog-pg-attribute.html
select distinct a.attrelid::int8 as attrelid, a.attnum::int4 as attnum, a.attname::text as attname
  from pg_catalog.pg_constraint f
  join pg_catalog.pg_attribute a on a.attrelid = f.conrelid and a.attnum = any (f.conkey)
 where f.contype = 'f'
   and f.conrelid = any (array[{numbers}]::int8[]::oid[])
 order by 1, 2
 limit 10000;
