-- rows: one, how many workers autovacuum may have and how they are slowed down
-- since: 14; 18 has autovacuum_worker_slots
-- needs: nothing
-- cost: settings only, once a minute
-- docs: https://www.postgresql.org/docs/current/runtime-config-autovacuum.html
with settings as (
  select s.name, s.setting
    from pg_catalog.pg_settings s
   where s.name in ('autovacuum_vacuum_cost_delay', 'vacuum_cost_delay')
     -- -1: the setting for a manual vacuum
     and s.setting <> '-1'
)
select pg_catalog.current_setting('autovacuum')::bool and pg_catalog.current_setting('track_counts')::bool as enabled,
       pg_catalog.current_setting('autovacuum_max_workers')::int8 as max_workers,
       pg_catalog.current_setting('autovacuum_worker_slots', true)::int8 as worker_slots,
       -- in name order the setting of autovacuum comes first
       (select s.setting from settings s order by s.name limit 1)::float8 as cost_delay_ms,
       coalesce(nullif(pg_catalog.current_setting('autovacuum_vacuum_cost_limit')::int8, -1),
                pg_catalog.current_setting('vacuum_cost_limit')::int8) as cost_limit
 order by 1
 limit 1;
