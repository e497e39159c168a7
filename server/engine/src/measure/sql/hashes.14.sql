-- rows: one, pages of a hash index by kind
-- since: 14
-- needs: pgstattuple, pg_stat_scan_tables
-- cost: all pages of the index
-- docs: https://www.postgresql.org/docs/current/pgstattuple.html
select i.bucket_pages::int8 as bucket_pages,
       i.overflow_pages::int8 as overflow_pages,
       i.unused_pages::int8 as unused_pages,
       coalesce(nullif(i.free_percent, 'nan'), 0)::float8 as free_percent
  from {schema}.pgstathashindex($1::oid::regclass) i
 order by 1
 limit 1;
