-- rows: indexes of these oids, and of tables of these oids: what they are, their sizes and scans
-- since: 14
-- needs: nothing
-- cost: a look at pg_index by its index for each, and some at its counters in shared memory
-- docs: https://www.postgresql.org/docs/current/catalog-pg-index.html
select i.indexrelid::int8 as oid, i.indrelid::int8 as indrelid, c.relname::text as relname, con.conname::text as conname,
       pg_catalog.md5(pg_catalog.regexp_replace(i.indexprs::text, ':location -?[0-9]+', '', 'g')) as expressions,
       pg_catalog.md5(pg_catalog.regexp_replace(i.indpred::text, ':location -?[0-9]+', '', 'g')) as predicate,
       pg_catalog.substring(i.indpred::text,
         '^[{]NULLTEST :arg [{]VAR :varno 1 :varattno ([0-9]+) [^{}]*[}] :nulltesttype 1 [^{}]*[}]$')::int4 as not_null_column,
       row(am.amname, c.relkind, i.indkey, i.indclass, i.indcollation, i.indoption, i.indnkeyatts,
            case when i.indisunique then 'u' end, null,
            case when i.indisprimary then 't' end, case when i.indisexclusion then 't' end,
            case when i.indisvalid then null else 't' end, case when i.indisready then null else 't' end,
            case when i.indislive then null else 't' end, case when i.indisclustered then 't' end,
            case when i.indisreplident then 't' end, con.contype, h.inhparent, c.relpages, c.reltuples,
            nullif(pg_catalog.pg_stat_get_numscans(c.oid), 0), nullif(pg_catalog.pg_stat_get_tuples_returned(c.oid), 0),
            nullif(pg_catalog.pg_stat_get_tuples_fetched(c.oid), 0), nullif(pg_catalog.pg_stat_get_blocks_fetched(c.oid), 0),
            nullif(pg_catalog.pg_stat_get_blocks_hit(c.oid), 0),
            null,
            null)::text as numbers
  from pg_catalog.pg_index i
  join pg_catalog.pg_class c on c.oid = i.indexrelid
  join pg_catalog.pg_am am on am.oid = c.relam
  left join pg_catalog.pg_constraint con on con.conrelid = i.indrelid and con.conindid = i.indexrelid
        and con.contype in ('p', 'u', 'x') and (i.indisunique or i.indisexclusion)
  left join pg_catalog.pg_inherits h on h.inhrelid = i.indexrelid
 -- one list, so that pg_index and what is joined to it are looked up by their indexes, however large they are
 where i.indexrelid = any (array(select x.indexrelid from pg_catalog.pg_index x where x.indrelid = any ('{{numbers}}'::oid[]))
                           || '{{numbers}}'::oid[])
   and c.relnamespace not in ('pg_catalog'::pg_catalog.regnamespace, 'pg_toast'::pg_catalog.regnamespace)
 order by i.indrelid, i.indexrelid
 limit 200000;
