-- rows: one, how many commands report progress
-- since: 19; 19 calls CLUSTER REPACK
-- needs: nothing
-- cost: shared memory only; tells whether the progress views, whose planning takes milliseconds, are worth asking
-- docs: https://www.postgresql.org/docs/current/progress-reporting.html
select count(*)::int8 as commands
  from (values ('VACUUM'), ('ANALYZE'), ('REPACK'), ('CREATE INDEX'), ('BASEBACKUP'), ('COPY')) c (name)
 cross join lateral pg_catalog.pg_stat_get_progress_info(c.name) i
 order by 1
 limit 1;
