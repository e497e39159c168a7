-- rows: tables of which our role lacks a privilege, or that it does not find, in the order in which they are asked for
-- since: 14
-- needs: nothing
-- cost: an index look-up in pg_class for each table
-- docs: https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-ACCESS
select w.place, t.nspname::text as nspname, coalesce(t.usage, true) as usage
  from rows from (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[]), pg_catalog.unnest($3::text[]))
       with ordinality as w(schema, name, privilege, place)
  left join lateral (
       select c.oid, n.nspname, pg_catalog.has_schema_privilege(n.oid, 'usage') as usage
         from pg_catalog.pg_class c
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where c.relname = w.name::name and c.relkind in ('r', 'v', 'm', 'f', 'p')
          and (w.schema = n.nspname or (w.schema is null and pg_catalog.pg_table_is_visible(c.oid)))
        order by c.oid
        limit 1) t on true
 where not coalesce(t.usage and case when w.privilege = 'delete'
                                     then pg_catalog.has_table_privilege(t.oid, w.privilege)
                                     else pg_catalog.has_any_column_privilege(t.oid, w.privilege) end, false)
 order by w.place
 limit 200;
