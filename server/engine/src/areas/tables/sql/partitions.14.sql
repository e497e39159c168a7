-- rows: partitions with their bounds, and how their parents are divided
-- since: 14
-- needs: nothing
-- cost: the catalogs of partitioned tables and their partitions, once
-- docs: https://www.postgresql.org/docs/current/ddl-partitioning.html
select p.partrelid::int8 as parent_oid, p.partstrat::text as partstrat, p.partnatts::int4 as partnatts,
       t.typname::text as key_typname, c.oid::int8 as oid, pg_catalog.pg_get_expr(c.relpartbound, c.oid) as bound,
       c.oid = p.partdefid as is_default, m.oid is not null as is_managed
  from pg_catalog.pg_partitioned_table p
  join pg_catalog.pg_inherits i on i.inhparent = p.partrelid
  join pg_catalog.pg_class c on c.oid = i.inhrelid
  left join pg_catalog.pg_attribute a on a.attrelid = p.partrelid and a.attnum = p.partattrs[0] and a.attnum > 0
  left join pg_catalog.pg_type t on t.oid = a.atttypid
  -- its configuration has a table of its own for each parent
  left join pg_catalog.pg_extension m on m.extname = 'pg_partman'
 where not exists (select from pg_catalog.pg_locks l
                    where l.relation = c.oid and l.mode = 'AccessExclusiveLock' and l.locktype = 'relation')
 order by p.partrelid, c.oid
 limit 20000;
