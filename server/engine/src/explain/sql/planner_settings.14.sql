-- rows: settings that planner and executor go by, as SHOW prints them
-- since: 14
-- needs: nothing
-- cost: one pass over the settings
-- docs: https://www.postgresql.org/docs/current/runtime-config-query.html
select s.name, pg_catalog.current_setting(s.name, true) as setting
  from pg_catalog.pg_settings s
 where s.category like 'Query Tuning%'
    or s.name in ('work_mem', 'hash_mem_multiplier', 'maintenance_work_mem', 'shared_buffers', 'temp_buffers',
                  'max_parallel_workers', 'max_worker_processes', 'effective_io_concurrency', 'default_statistics_target',
                  'track_io_timing')
 order by s.name
 limit 200;
