-- rows: columns of the given tables with their types, whether B-trees order them, and whether they are compared byte by byte
-- since: 14
-- needs: nothing
-- cost: index look-ups in pg_attribute, one per table, and in pg_type and pg_opclass, one per column
-- docs: https://www.postgresql.org/docs/current/catalog-pg-attribute.html
select n.nspname::text as schema, c.relname::text as relation, a.attname::text as name,
       pg_catalog.format_type(b.oid, null) as data_type, b.typtype::text as typtype,
       b.typtype in ('e', 'r', 'm', 'c') or b.typcategory = 'A' or exists (
         select from pg_catalog.pg_opclass o
           join pg_catalog.pg_am m on m.oid = o.opcmethod and m.amname = 'btree'
          where o.opcdefault and (o.opcintype = b.oid or exists (
            select from pg_catalog.pg_cast k
             where k.castsource = b.oid and k.casttarget = o.opcintype
               and k.castmethod = 'b' and k.castcontext = 'i'))) as sortable,
       coalesce(case when a.attcollation = 100 then d.datcollate else l.collname end in ('C', 'POSIX'), false) as bytewise,
       case when b.typlen < 0 then 1 else
         case b.typalign when 's' then 2 when 'i' then 4 when 'd' then 8 else 1 end end as alignment
  from (select distinct u.schema, u.name
          from rows from (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) as u(schema, name)) w
  join pg_catalog.pg_class c on c.relname = w.name and c.relkind in ('r', 'p', 'm', 'f')
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  join pg_catalog.pg_type t on t.oid = a.atttypid
  join pg_catalog.pg_type b on b.oid = case t.typtype when 'd' then t.typbasetype else t.oid end
  join pg_catalog.pg_database d on d.datname = pg_catalog.current_database()
  left join pg_catalog.pg_collation l on l.oid = a.attcollation
 where w.schema = n.nspname or (w.schema is null and pg_catalog.pg_table_is_visible(c.oid))
 order by n.nspname, c.relname, a.attnum
 limit 5000;
