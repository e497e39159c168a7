-- rows: names of relations and catalogs that somebody waits for, of our own database and of all
-- since: 14
-- needs: nothing
-- cost: one pass over the lock table and a look-up by oid for each relation waited for; locks no relation but the catalog's own
-- docs: https://www.postgresql.org/docs/current/catalog-pg-class.html
with waited as (
  select l.database::int8 as database, coalesce(l.relation, l.classid)::int8 as id
    from pg_catalog.pg_locks l
   where (not l.granted and l.locktype not in ('advisory', 'spectoken') or l.locktype = 'tuple')
     and (l.database = 0 or l.database = (select o.datid from pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) o))
   group by 1, 2
)
select w.database, w.id,
       case when n.nspname in ('public', 'pg_catalog') then '' else pg_catalog.quote_ident(n.nspname) || '.' end
         || pg_catalog.quote_ident(c.relname) as name
  from waited w
  join pg_catalog.pg_class c on c.oid = w.id::oid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 order by w.database, w.id
 limit 2000;
