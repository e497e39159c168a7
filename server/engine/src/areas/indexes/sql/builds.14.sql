-- rows: index builds that are under way in this database
-- since: 14
-- needs: pg_monitor to see those of other roles; without it their table is null
-- cost: a row per build
-- docs: https://www.postgresql.org/docs/current/progress-reporting.html#CREATE-INDEX-PROGRESS-REPORTING
select p.pid::int4 as pid, p.relid::int8 as relid
  from pg_catalog.pg_stat_get_progress_info('CREATE INDEX') p
 where p.datid = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())
 order by p.pid
 limit 1000;
