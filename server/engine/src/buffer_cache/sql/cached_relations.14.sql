-- rows: what shared buffers hold: the relations with the most of them, and the rest in groups
-- since: 14, with pg_buffercache 1.3
-- needs: pg_monitor, to which pg_buffercache grants its function
-- cost: looks at the header of each buffer, one after the other, and copies 36 bytes of it: only on request
-- docs: https://www.postgresql.org/docs/current/pgbuffercache.html
with here as materialized (
  select d.oid, d.dattablespace
    from pg_catalog.pg_database d
   where d.datname = pg_catalog.current_database()
   order by d.oid
   limit 1
), files as materialized (
  select p.reldatabase, p.reltablespace, p.relfilenode,
         count(*) as buffers,
         count(*) filter (where p.relforknumber = 0) as main_buffers,
         count(*) filter (where p.isdirty) as dirty_buffers,
         coalesce(sum(p.usagecount), 0) as usage_counts
    from {schema}.pg_buffercache_pages() as p(bufferid int4, relfilenode oid, reltablespace oid, reldatabase oid,
         relforknumber int2, relblocknumber int8, isdirty bool, usagecount int2, pinning_backends int4)
   group by p.reldatabase, p.reltablespace, p.relfilenode
), named as (
  select f.*, c.oid as relid,
         case when f.relfilenode is null then 'free'
              when c.oid is not null then 'relation'
              when f.reldatabase in (h.oid, 0) then 'unnamed'
              else 'database' end as kind
    from files f
   cross join here h
    left join pg_catalog.pg_class c
      on pg_catalog.pg_relation_filenode(c.oid) = f.relfilenode
     and case when c.relisshared then 0 else h.oid end = f.reldatabase
     and case when c.reltablespace = 0 then h.dattablespace else c.reltablespace end = f.reltablespace
), placed as (
  select n.*, pg_catalog.row_number() over (partition by n.kind order by n.buffers desc, n.relfilenode) as place
    from named n
), grouped as (
  select case when p.kind = 'relation' and p.place > 100 then 'rest' else p.kind end as kind,
         case when p.kind = 'relation' and p.place <= 100 then p.relid end as relid,
         case when p.kind = 'database' then p.reldatabase end as datid,
         sum(p.buffers) as buffers, sum(p.main_buffers) as main_buffers, sum(p.dirty_buffers) as dirty_buffers,
         sum(p.usage_counts) as usage_counts
    from placed p
   group by 1, 2, 3
), held as materialized (
  select l.relation
    from pg_catalog.pg_locks l
   where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock'
)
select g.kind::text as kind,
       coalesce(g.relid, 0)::int8 as oid,
       coalesce(n.nspname::text, '') as nspname,
       coalesce(c.relname::text, d.datname::text, '') as relname,
       coalesce(c.relkind::text, '') as relkind,
       coalesce(o.oid::regclass::text, '') as toast_of,
       g.buffers::int8 as buffers,
       g.main_buffers::int8 as main_buffers,
       g.dirty_buffers::int8 as dirty_buffers,
       (g.usage_counts::float8 / greatest(g.buffers, 1))::float8 as usage_count,
       -- asking for a size takes a lock, which nobody is waited for
       case when g.relid is not null and not exists (select from held e where e.relation = g.relid)
            then pg_catalog.pg_relation_size(g.relid) end::int8 as main_bytes,
       pg_catalog.current_setting('block_size')::int8 as block_bytes
  from grouped g
  left join pg_catalog.pg_class c on c.oid = g.relid
  left join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  left join pg_catalog.pg_class o on o.reltoastrelid = c.oid and c.relkind = 't'
  left join pg_catalog.pg_database d on d.oid = g.datid
 order by g.buffers desc, 1, 2
 limit 1000;
