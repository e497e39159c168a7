-- rows: one, the relation of that name, its TOAST table, and who holds or awaits ACCESS EXCLUSIVE on it
-- since: 14
-- needs: nothing
-- cost: index look-ups, and one look at the lock table
-- docs: https://www.postgresql.org/docs/current/catalog-pg-class.html
select c.oid::int8 as oid,
       c.relkind::text as relkind,
       coalesce(m.amname::text, '') as amname,
       pg_catalog.current_setting('block_size')::int8 as block_bytes,
       current_user::text as role,
       (select r.rolsuper from pg_catalog.pg_roles r where r.rolname = current_user order by r.oid limit 1) as superuser,
       pg_catalog.has_schema_privilege(n.oid, 'usage') as usage,
       pg_catalog.has_table_privilege(c.oid, 'select') as can_select,
       t.oid::int8 as toast_oid,
       coalesce(o.nspname::text, '') as toast_nspname,
       coalesce(t.relname::text, '') as toast_relname,
       (select min(l.pid) from pg_catalog.pg_locks l
         where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock' and l.relation = c.oid
           and l.database = (select d.oid from pg_catalog.pg_database d
                              where d.datname = pg_catalog.current_database() order by d.oid limit 1)) as exclusive_pid
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  left join pg_catalog.pg_am m on m.oid = c.relam
  left join pg_catalog.pg_class t on t.oid = nullif(c.reltoastrelid, 0)
  left join pg_catalog.pg_namespace o on o.oid = t.relnamespace
 where n.nspname = $1::text and c.relname = $2::text
 order by c.oid
 limit 1;
