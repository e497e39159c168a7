-- rows: one, the size of a relation and of its maps
-- since: 14
-- needs: nothing; it takes ACCESS SHARE on the relation
-- cost: three look-ups of file sizes
-- docs: https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADMIN-DBSIZE
select pg_catalog.pg_relation_size($1::oid::regclass, 'main')::int8 as bytes,
       pg_catalog.pg_relation_size($1::oid::regclass, 'fsm')::int8 as fsm_bytes,
       pg_catalog.pg_relation_size($1::oid::regclass, 'vm')::int8 as vm_bytes
 order by 1
 limit 1;
