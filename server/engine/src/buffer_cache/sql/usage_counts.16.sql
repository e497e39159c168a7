-- rows: buffers by usage count, from 0 (the next to be replaced) to 5
-- since: 16, with pg_buffercache 1.4
-- needs: pg_monitor, to which pg_buffercache grants its function
-- cost: looks at the header of each buffer without a lock, and copies nothing
-- docs: https://www.postgresql.org/docs/current/pgbuffercache.html
select u.usage_count::int4 as usage_count,
       u.buffers::int8 as buffers,
       u.dirty::int8 as dirty,
       u.pinned::int8 as pinned
  from {schema}.pg_buffercache_usage_counts() u
 order by 1
 limit 10;
