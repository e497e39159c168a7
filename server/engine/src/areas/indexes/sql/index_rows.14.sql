-- rows: one, indexes behind an oid as arrays of one length, with what changes when a row or its constraint's is written
-- since: 14
-- needs: nothing
-- cost: the rows of pg_index behind the oid, and those of pg_constraint
-- docs: https://www.postgresql.org/docs/current/catalog-pg-index.html
select pg_catalog.array_agg(l.oid)::text as oids, pg_catalog.string_agg('i', '') as kinds,
       pg_catalog.array_agg(l.xmin)::text as written, pg_catalog.array_agg(l.constraint_xmin)::text as constraint_written
  from (select i.indexrelid as oid, i.xmin, con.xmin as constraint_xmin
          from pg_catalog.pg_index i
          left join pg_catalog.pg_constraint con on con.conrelid = i.indrelid and con.conindid = i.indexrelid
                and con.contype in ('p', 'u', 'x')
         where i.indexrelid > (array[{numbers}]::int8[])[1]::oid
         order by i.indexrelid
         limit 50000) l
 order by 1
 limit 1;
