-- rows: indexes of the given tables in their parts
-- since: 14
-- needs: nothing
-- cost: index look-ups in pg_index, one per table; definitions are printed without a lock
-- docs: https://www.postgresql.org/docs/current/catalog-pg-index.html
select n.nspname::text as schema, c.relname::text as relation, i.relname::text as name,
       m.amname::text as method,
       array(select pg_catalog.pg_get_indexdef(x.indexrelid, k, false)
               from pg_catalog.generate_series(1, x.indnkeyatts::int4) k order by k) as keys,
       array(select o.opcname::text
               from pg_catalog.generate_series(1, x.indnkeyatts::int4) k
               join pg_catalog.pg_opclass o on o.oid = x.indclass[k - 1] order by k) as classes,
       array(select case x.indoption[k - 1] & 3 when 1 then 'desc nulls last' when 2 then 'nulls first'
                    when 3 then 'desc' else '' end
               from pg_catalog.generate_series(1, x.indnkeyatts::int4) k order by k) as directions,
       array(select pg_catalog.pg_get_indexdef(x.indexrelid, k, false)
               from pg_catalog.generate_series(x.indnkeyatts::int4 + 1, x.indnatts::int4) k order by k) as include,
       pg_catalog.pg_get_expr(x.indpred, x.indrelid) as predicate,
       x.indisunique, x.indisvalid and x.indisready as indisvalid,
       (i.relpages::int8 * pg_catalog.current_setting('block_size')::int8)::float8 as size_bytes
  from (select distinct u.schema, u.name
          from rows from (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) as u(schema, name)) w
  join pg_catalog.pg_class c on c.relname = w.name and c.relkind in ('r', 'p', 'm')
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_index x on x.indrelid = c.oid
  join pg_catalog.pg_class i on i.oid = x.indexrelid
  join pg_catalog.pg_am m on m.oid = i.relam
 where w.schema = n.nspname or (w.schema is null and pg_catalog.pg_table_is_visible(c.oid))
 order by n.nspname, c.relname, i.relname
 limit 2000;
