-- rows: tables and TOAST tables of this database with the score by which autovacuum orders them, highest first
-- since: 19
-- needs: nothing
-- cost: one pass over pg_class with as many looks at counters in shared memory
-- docs: https://www.postgresql.org/docs/19/monitoring-stats.html#MONITORING-PG-STAT-AUTOVACUUM-SCORES-VIEW
select s.relid::int8 as oid,
       -- no infinity: that cannot be written down
       least(s.score::float8, 1e300) as score,
       (s.do_vacuum or s.do_analyze) as is_due
  from pg_catalog.pg_stat_autovacuum_scores s
 order by s.score desc, s.relid
 limit 1000;
