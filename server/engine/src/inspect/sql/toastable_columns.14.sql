-- rows: one for each column whose values may go to the TOAST table
-- since: 14
-- needs: nothing
-- cost: a look at the columns of one table
-- docs: https://www.postgresql.org/docs/current/storage-toast.html
select a.attname::text as attname,
       case a.attstorage when 'e' then 'external' when 'x' then 'extended' when 'm' then 'main' else 'plain' end as storage
  from pg_catalog.pg_attribute a
 where a.attrelid = $1::oid and a.attnum > 0 and not a.attisdropped and a.attlen = -1
 order by a.attnum
 limit 100;
