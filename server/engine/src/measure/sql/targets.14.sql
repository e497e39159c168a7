-- rows: one, the relation of that name, and who holds or awaits ACCESS EXCLUSIVE on it
-- since: 14
-- needs: nothing
-- cost: index look-ups, and one look at the lock table
-- docs: https://www.postgresql.org/docs/current/catalog-pg-class.html
select c.oid::int8 as oid,
       c.relkind::text as relkind,
       coalesce(m.amname::text, '') as amname,
       greatest(c.relallvisible, 0)::int8 as relallvisible,
       (select o.option_value::int4 from pg_catalog.pg_options_to_table(c.reloptions) o
         where o.option_name = 'fillfactor' order by o.option_name limit 1) as fillfactor,
       pg_catalog.current_setting('block_size')::int8 as block_bytes,
       current_user::text as role,
       (select r.rolsuper from pg_catalog.pg_roles r where r.rolname = current_user order by r.oid limit 1) as superuser,
       pg_catalog.pg_stat_get_live_tuples(c.oid)::int8 as live,
       pg_catalog.pg_stat_get_dead_tuples(c.oid)::int8 as dead,
       (select min(l.pid) from pg_catalog.pg_locks l
         where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock' and l.relation = c.oid
           and l.database = (select d.oid from pg_catalog.pg_database d
                              where d.datname = pg_catalog.current_database() order by d.oid limit 1)) as exclusive_pid
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  left join pg_catalog.pg_am m on m.oid = c.relam
 where n.nspname = $1::text and c.relname = $2::text
 order by c.oid
 limit 1;
