-- rows: columns of the table, in their order
-- since: 14
-- needs: nothing
-- cost: index look-ups in pg_attribute
-- docs: https://www.postgresql.org/docs/current/catalog-pg-attribute.html
select a.attnum, a.attname::text as attname, pg_catalog.format_type(a.atttypid, a.atttypmod) as data_type,
       nullif(a.attstattarget, -1)::int4 as attstattarget, coalesce(a.attoptions, '{}')::text[] as attoptions,
       -- what hash_record_extended takes; a virtual column would run an expression of its owner's
       a.attgenerated <> 'v' and exists (
         select from pg_catalog.pg_type y
           join pg_catalog.pg_type t on t.oid = coalesce(nullif(y.typbasetype, 0), y.oid)
          where y.oid = a.atttypid
            and (t.typtype = 'e' or t.oid = 'pg_catalog.varchar'::pg_catalog.regtype
                 or exists (select from pg_catalog.pg_opclass o
                              join pg_catalog.pg_am m on m.oid = o.opcmethod and m.amname = 'hash'
                             where o.opcintype = t.oid and o.opcdefault))) as is_comparable,
       exists (select from pg_catalog.pg_index i
                where i.indrelid = a.attrelid and a.attnum = any (i.indkey)) as is_indexed,
       exists (select from pg_catalog.pg_index i
                where i.indrelid = a.attrelid and i.indisunique and i.indnkeyatts = 1 and i.indkey[0] = a.attnum
                  and i.indpred is null) as is_unique
  from pg_catalog.pg_attribute a
 where a.attrelid = $1::int8::pg_catalog.oid and a.attnum > 0 and not a.attisdropped
 order by a.attnum
 limit 1601;
