-- rows: definitions of some indexes, and of the constraints that they implement
-- since: 14
-- needs: nothing
-- cost: a look at the catalog caches per index; with expressions or a predicate a lock on its table that only ACCESS EXCLUSIVE waits for
-- docs: https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-CATALOG
select i.indexrelid::int8 as oid, pg_catalog.pg_get_indexdef(i.indexrelid)::text as indexdef,
       pg_catalog.pg_get_constraintdef(con.oid)::text as constraintdef
  from pg_catalog.pg_index i
  left join pg_catalog.pg_constraint con on con.conrelid = i.indrelid and con.conindid = i.indexrelid
        and con.contype in ('p', 'u', 'x')
 where i.indexrelid = any (array[{numbers}]::int8[]::oid[])
   -- where somebody holds the table exclusively, the lock would be waited for
   and not exists (select from pg_catalog.pg_locks l
                    where l.relation in (i.indrelid, i.indexrelid) and l.mode = 'AccessExclusiveLock')
 order by i.indexrelid
 limit 500;
