-- rows: transactions prepared and not ended, oldest first
-- since: 14
-- needs: nothing
-- cost: shared memory, one entry per prepared transaction
-- docs: https://www.postgresql.org/docs/current/view-pg-prepared-xacts.html
select p.transaction::text::int8 as transaction, p.gid,
       (extract(epoch from p.prepared) * 1000)::int8 as prepared_ms,
       pg_catalog.pg_get_userbyid(p.ownerid)::text as owner, d.datname::text as database
  from pg_catalog.pg_prepared_xact() p
  left join /*? databases */ pg_catalog.pg_database
       /*: (select null::oid as oid, null::name as datname, null::int4 as encoding limit 0) */ d on d.oid = p.dbid
 order by p.prepared, p.gid
 limit 1000;
