-- rows: one, how full the leaves of a B-tree are
-- since: 14
-- needs: pgstattuple, pg_stat_scan_tables
-- cost: all pages of the index
-- docs: https://www.postgresql.org/docs/current/pgstattuple.html
select i.index_size::int8 as bytes,
       i.internal_pages::float8 as internal_pages,
       i.leaf_pages::float8 as leaf_pages,
       -- not a number where there is no leaf
       coalesce(nullif(i.avg_leaf_density, 'nan'), 0)::float8 as leaf_density
  from {schema}.pgstatindex($1::oid::regclass) i
 order by 1
 limit 1;
