-- rows: one, the buckets whose entries are wanted, for the rest of this transaction
-- since: 14
-- needs: nothing
-- cost: nothing; a setting of this transaction only
-- docs: https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADMIN-SET
select pg_catalog.set_config('pgdeck.buckets', '{bits}', true) as buckets
 order by 1
 limit 1;
