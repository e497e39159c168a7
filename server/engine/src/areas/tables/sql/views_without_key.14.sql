-- rows: materialized views without the unique index that refreshing them concurrently needs
-- since: 14
-- needs: nothing
-- cost: the catalogs of tables and indexes, once
-- docs: https://www.postgresql.org/docs/current/sql-refreshmaterializedview.html
select c.oid::int8 as oid
  from pg_catalog.pg_class c
 where c.relkind = 'm'
   and not exists (select from pg_catalog.pg_index i
                    where i.indrelid = c.oid and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null)
 order by c.oid
 limit 5000;
