-- rows: constraints that were not validated, and foreign keys whose columns differ in type from what they refer to
-- since: 14
-- needs: nothing
-- cost: the catalog of constraints, once
-- docs: https://www.postgresql.org/docs/current/catalog-pg-constraint.html
select c.conrelid::int8 as oid, c.conname::text as conname, c.contype::text as contype, c.convalidated as convalidated,
       c.confrelid::int8 as ref_oid, k.attname::text as attname, k.typname::text as typname,
       k.ref_attname::text as ref_attname, k.ref_typname::text as ref_typname
  from pg_catalog.pg_constraint c
  join pg_catalog.pg_class r on r.oid = c.conrelid and r.relpersistence <> 't'
  left join lateral (
    select a.attname, ta.typname, b.attname as ref_attname, tb.typname as ref_typname
      from unnest(c.conkey, c.confkey) as pair (own, other)
      join pg_catalog.pg_attribute a on a.attrelid = c.conrelid and a.attnum = pair.own
      join pg_catalog.pg_attribute b on b.attrelid = c.confrelid and b.attnum = pair.other
      join pg_catalog.pg_type ta on ta.oid = a.atttypid
      join pg_catalog.pg_type tb on tb.oid = b.atttypid
     where a.atttypid <> b.atttypid
     order by a.attnum
     limit 1) k on c.contype = 'f'
 where c.conrelid <> 0
   -- those of a partition stand at its parent
   and c.conparentid = 0
   and (not c.convalidated or k.attname is not null)
 order by c.oid
 limit 5000;
