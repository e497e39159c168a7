-- rows: B-trees of the given tables
-- since: 14
-- needs: nothing
-- cost: index look-ups in pg_index, pg_class and the operator classes, one per index
-- docs: https://www.postgresql.org/docs/current/catalog-pg-index.html
select i.indexrelid::int8 as indexrelid, i.indrelid::int8 as indrelid, i.indnkeyatts, i.indisunique, i.indisvalid,
       -- an int2vector begins at 0, which arrays in text form say in a way of their own
       pg_catalog.string_to_array(i.indkey::text, ' ')::int2[] as indkey,
       -- as a tree: pg_get_expr would lock the table
       i.indpred::text as indpred,
       (select o.option_value::int4 from pg_catalog.pg_options_to_table(c.reloptions) o
         where o.option_name = 'fillfactor') as fillfactor,
       (select o.option_value::bool from pg_catalog.pg_options_to_table(c.reloptions) o
         where o.option_name = 'deduplicate_items') as deduplicate_items,
       -- equal keys are the same bytes: support function 4 of the operator family says so, of text only under
       -- a deterministic collation
       coalesce((select pg_catalog.bool_and(p.oid is not null
                        and coalesce((select l.collisdeterministic from pg_catalog.pg_collation l where l.oid = k.coll), true)
                        and o.opcintype <> 'pg_catalog.interval'::pg_catalog.regtype)
                   from rows from (pg_catalog.unnest(i.indclass::oid[]), pg_catalog.unnest(i.indcollation::oid[]))
                        as k (opclass, coll)
                   join pg_catalog.pg_opclass o on o.oid = k.opclass
                   left join pg_catalog.pg_amproc p
                     on p.amprocfamily = o.opcfamily and p.amproclefttype = o.opcintype
                    and p.amprocrighttype = o.opcintype and p.amprocnum = 4), false) as is_equal_image
  from pg_catalog.pg_index i
  join pg_catalog.pg_class c on c.oid = i.indexrelid
  join pg_catalog.pg_am m on m.oid = c.relam and m.amname = 'btree'
 where i.indrelid in ({numbers})
 order by i.indexrelid
 limit 100001;
