-- rows: bytes of a file of the log, which is named by the hash of its name, from a place on; none or one
-- since: 14
-- needs: pg_monitor, and EXECUTE on pg_read_binary_file(text, bigint, bigint, boolean)
-- cost: one pass over the directory of the log, and at most as many bytes as asked for
-- docs: https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADMIN-GENFILE
select r.file, r.start,
       pg_catalog.encode(pg_catalog.pg_read_binary_file(r.path, r.start, r.bytes, true), 'hex') as bytes
  from (select (w.n)[1] as file, (w.n)[2] as start, (w.n)[3] as bytes,
               case when c.path is not null
                    then pg_catalog.regexp_replace(c.path, '[^/]*$', '')
                         || (select f.name from pg_catalog.pg_ls_logdir() f
                              where pg_catalog.hashtextextended(f.name, 0) = (w.n)[1] limit 1) end as path
          from (select array[{numbers}]::int8[] as n) w, (select pg_catalog.pg_current_logfile() as path) c) r
 where r.path is not null
 order by 1
 limit 1;
