-- rows: the file that the server's log is written to now, in the format that is read best; none or one
-- since: 15
-- needs: pg_monitor, and before 17 EXECUTE on pg_current_logfile(text)
-- cost: one pass over the directory of the log
-- docs: https://www.postgresql.org/docs/current/functions-info.html
select c.format, c.name, pg_catalog.hashtextextended(c.name, 0) as file,
       case when c.name is not null
            then (select f.size from pg_catalog.pg_ls_logdir() f where f.name = c.name limit 1) end as size
  from (select a.format, pg_catalog.regexp_replace(a.path, '^.*/', '') as name
          from (values (1, 'jsonlog', pg_catalog.pg_current_logfile('jsonlog')),
                       (2, 'csvlog', pg_catalog.pg_current_logfile('csvlog')),
                       (3, 'stderr', pg_catalog.pg_current_logfile('stderr'))) a (place, format, path)
         where a.path is not null
         order by a.place
         limit 1) c
 order by 1
 limit 1;
