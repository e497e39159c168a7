-- rows: columns of the given tables and of their indexes, dropped ones included: they have a place in every row
-- since: 14
-- needs: nothing
-- cost: index look-ups in pg_attribute, one per table and index
-- docs: https://www.postgresql.org/docs/current/catalog-pg-attribute.html
with relations as (
  select c.oid, c.relrowsecurity
    from pg_catalog.pg_class c
   where c.oid in ({numbers})
  union all
  select i.indexrelid, false
    from pg_catalog.pg_index i
   where i.indrelid in ({numbers})
)
select a.attrelid::int8 as relid, a.attnum, a.attlen, a.attalign::text as attalign, a.attstorage::text as attstorage,
       a.attnotnull, a.attisdropped, a.attgenerated = 'v' as is_virtual, a.atthasmissing,
       -- arrays, numeric, ranges, records
       a.attlen = -1 and coalesce(t.typcategory in ('A', 'N', 'R', 'C'), false) as is_stepped,
       case when a.atttypid in ('pg_catalog.bpchar'::pg_catalog.regtype, 'pg_catalog.varchar'::pg_catalog.regtype)
             and a.atttypmod > 4 then a.atttypmod - 4 end as characters,
       a.atttypid = 'pg_catalog.bpchar'::pg_catalog.regtype as is_padded,
       nullif(a.attstattarget, -1)::int4 as attstattarget,
       -- what pg_stats asks for
       coalesce(pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'select'), false)
         and not (r.relrowsecurity and pg_catalog.row_security_active(a.attrelid)) as is_readable
  from relations r
  join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum > 0
  left join pg_catalog.pg_type t on t.oid = a.atttypid
 order by a.attrelid, a.attnum
 limit 100001;
