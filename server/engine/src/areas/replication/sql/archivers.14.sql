-- rows: one, whether WAL reaches the archive
-- since: 14
-- needs: pg_monitor for the number of segments that wait, which is asked through query_to_xml so that it is refused to nobody
-- cost: shared memory only; while archiving fails, one listing of archive_status
-- docs: https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ARCHIVER-VIEW
with archiver as (
  select a.archived_count, a.last_archived_wal, a.last_archived_time,
         a.failed_count, a.last_failed_wal, a.last_failed_time,
         coalesce(a.last_failed_time > coalesce(a.last_archived_time, '-infinity'), false) as failing
    from pg_catalog.pg_stat_get_archiver() a
)
select pg_catalog.current_setting('archive_mode') as archive_mode,
       pg_catalog.current_setting('archive_command') <> ''
         or coalesce(pg_catalog.current_setting('archive_library', true), '') <> '' as configured,
       a.archived_count, a.last_archived_wal,
       (extract(epoch from pg_catalog.clock_timestamp() - a.last_archived_time) * 1000)::float8 as last_archived_age_ms,
       a.failed_count, a.last_failed_wal,
       (extract(epoch from pg_catalog.clock_timestamp() - a.last_failed_time) * 1000)::float8 as last_failed_age_ms,
       a.failing,
       case when a.failing and pg_catalog.has_function_privilege('pg_catalog.pg_ls_archive_statusdir()', 'execute')
            then substring(pg_catalog.query_to_xml(
                   'select count(*) as n from pg_catalog.pg_ls_archive_statusdir() f where f.name like ''%.ready''',
                   false, false, '')::text from '<n>([0-9]+)</n>')::int8 end as ready
  from archiver a
 order by 1
 limit 1;
