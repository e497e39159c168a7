-- rows: one, free bytes of these blocks by the free space map
-- since: 14
-- needs: pg_freespacemap, pg_stat_scan_tables
-- cost: a page of the map for each block, most of them the same
-- docs: https://www.postgresql.org/docs/current/pgfreespacemap.html
select count(*)::int8 as blocks,
       coalesce(sum({schema}.pg_freespace($1::oid::regclass, b.blkno)), 0)::int8 as free_bytes
  from pg_catalog.unnest($2::int8[]) b(blkno)
 order by 1
 limit 1;
