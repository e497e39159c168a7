-- rows: columns by which tables are divided, and whether partitions are left out at all
-- since: 14
-- needs: nothing
-- cost: the catalog of partitioned tables, once
-- docs: https://www.postgresql.org/docs/current/catalog-pg-partitioned-table.html
select p.partrelid::int8 as oid, p.partstrat::text as partstrat, k.position::int4 as position,
       a.attname::text as attname,
       pg_catalog.current_setting('enable_partition_pruning')::bool as is_pruning_on
  from pg_catalog.pg_partitioned_table p
 cross join lateral pg_catalog.unnest(p.partattrs::int2[]) with ordinality as k(attnum, position)
  left join pg_catalog.pg_attribute a on a.attrelid = p.partrelid and a.attnum = k.attnum and a.attnum > 0
 order by p.partrelid, k.position
 limit 20000;
