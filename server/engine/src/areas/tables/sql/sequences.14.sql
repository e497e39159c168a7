-- rows: sequences that belong to a column, with the value that they stand at
-- since: 14
-- needs: USAGE or SELECT on the sequence for its value
-- cost: the catalog of sequences, and one block of each that may be read
-- docs: https://www.postgresql.org/docs/current/catalog-pg-sequence.html
select d.refobjid::int8 as oid, a.attname::text as attname, t.typname::text as typname, n.nspname::text as seq_nspname,
       s.relname::text as seq_relname, q.seqtypid::regtype::text as seq_typname, q.seqmax::int8 as seqmax,
       q.seqincrement::int8 as seqincrement, q.seqcycle as seqcycle,
       case when pg_catalog.has_sequence_privilege(s.oid, 'SELECT, USAGE')
            then pg_catalog.pg_sequence_last_value(s.oid) end::int8 as last_value,
       pg_catalog.has_sequence_privilege(s.oid, 'SELECT, USAGE') as is_readable
  from pg_catalog.pg_sequence q
  join pg_catalog.pg_class s on s.oid = q.seqrelid
  join pg_catalog.pg_namespace n on n.oid = s.relnamespace
  join pg_catalog.pg_depend d on d.classid = 'pg_class'::regclass and d.objid = s.oid and d.objsubid = 0
                             and d.refclassid = 'pg_class'::regclass and d.refobjsubid > 0 and d.deptype in ('a', 'i')
  join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
  join pg_catalog.pg_type t on t.oid = a.atttypid
 where s.relpersistence <> 't'
   and q.seqincrement > 0
   and not exists (select from pg_catalog.pg_locks l
                    where l.relation = s.oid and l.mode = 'AccessExclusiveLock' and l.locktype = 'relation')
 order by s.oid
 limit 5000;
