-- rows: one, how many buffers are used, unused, dirty and pinned
-- since: 16, with pg_buffercache 1.4
-- needs: pg_monitor, to which pg_buffercache grants its function
-- cost: looks at the header of each buffer without a lock, and copies nothing
-- docs: https://www.postgresql.org/docs/current/pgbuffercache.html
select s.buffers_used::int8 as used,
       s.buffers_unused::int8 as unused,
       s.buffers_dirty::int8 as dirty,
       s.buffers_pinned::int8 as pinned
  from {schema}.pg_buffercache_summary() s
 order by 1
 limit 1;
