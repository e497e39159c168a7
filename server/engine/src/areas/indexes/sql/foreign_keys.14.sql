-- rows: foreign keys of tables in a range of oids
-- since: 14
-- needs: nothing
-- cost: pg_constraint, by the table
-- docs: https://www.postgresql.org/docs/current/catalog-pg-constraint.html
select f.conname::text as conname,
       row(f.oid, f.conrelid, f.confrelid, f.conindid, f.convalidated, f.confupdtype, f.confdeltype, f.conparentid,
            pg_catalog.array_to_string(f.conkey, ' '))::text as numbers
  from pg_catalog.pg_constraint f
 where f.contype = 'f'
   and f.conrelid > (array[{numbers}]::int8[])[1]::oid
   and f.conrelid <= (array[{numbers}]::int8[])[2]::oid
 order by f.conrelid, f.conname
 limit 200000;
