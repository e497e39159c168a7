-- rows: tables without a primary key, and whether a publication sends their updates or deletes
-- since: 14
-- needs: nothing
-- cost: the catalogs of tables and indexes, once
-- docs: https://www.postgresql.org/docs/current/logical-replication-publication.html#LOGICAL-REPLICATION-PUBLICATION-REPLICA-IDENTITY
select c.oid::int8 as oid, c.relreplident::text as relreplident,
       (exists (select from pg_catalog.pg_publication p
                 where p.puballtables and (p.pubupdate or p.pubdelete))
        or exists (select from pg_catalog.pg_publication p
                     join pg_catalog.pg_publication_rel r on r.prpubid = p.oid
                    where r.prrelid = c.oid and (p.pubupdate or p.pubdelete))) as is_published
  from pg_catalog.pg_class c
 where c.relkind in ('r', 'p')
   and c.relpersistence = 'p'
   and not c.relispartition
   and c.relnamespace not in (select n.oid from pg_catalog.pg_namespace n where n.nspname in ('pg_catalog', 'information_schema'))
   and not exists (select from pg_catalog.pg_index i where i.indrelid = c.oid and i.indisprimary)
 order by c.oid
 limit 5000;
