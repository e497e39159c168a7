-- rows: sizes of the main forks of given relations, but for those that somebody holds exclusively
-- since: 14
-- needs: nothing
-- cost: a look at the files of each; waits for nobody: asking for a size takes a lock
-- docs: https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADMIN-DBSIZE
select c.oid::int8 as oid, pg_catalog.pg_relation_size(c.oid)::int8 as size_bytes
  from pg_catalog.pg_class c
 where c.oid = any (array[{numbers}]::int8[]::oid[])
   and c.relkind in ('r', 'm', 't', 'i')
   and not exists (select from pg_catalog.pg_locks l
                    where l.relation = c.oid and l.mode = 'AccessExclusiveLock' and l.locktype = 'relation')
 order by c.oid
 limit 1000;
