-- rows: one, autovacuum workers at work, how many there may be, and how they are slowed down
-- since: 14; 18 has autovacuum_worker_slots
-- needs: pg_monitor for what backends are; those hidden are counted
-- cost: one pass over the backend array, and settings
-- docs: https://www.postgresql.org/docs/current/routine-vacuuming.html#AUTOVACUUM
with backends as (
  select count(*) filter (where a.backend_type = 'autovacuum worker') as busy,
         count(*) filter (where a.backend_type is null) as hidden,
         max(a.backend_start) filter (where a.backend_type = 'autovacuum worker') as last_began
    from pg_catalog.pg_stat_get_activity(null) a
), settings as (
  select s.name, s.setting
    from pg_catalog.pg_settings s
   where s.name in ('autovacuum_vacuum_cost_delay', 'vacuum_cost_delay')
     -- -1: the setting for a manual vacuum
     and s.setting <> '-1'
)
select b.busy::int8 as busy, b.hidden::int8 as hidden,
       pg_catalog.current_setting('autovacuum_max_workers')::int8 as max_workers,
       pg_catalog.current_setting('autovacuum_worker_slots', true)::int8 as worker_slots,
       (extract(epoch from pg_catalog.clock_timestamp() - b.last_began) * 1000)::float8 as last_began_ms,
       -- in name order the setting of autovacuum comes first
       (select s.setting from settings s order by s.name limit 1)::float8 as cost_delay_ms,
       coalesce(nullif(pg_catalog.current_setting('autovacuum_vacuum_cost_limit')::int8, -1),
                pg_catalog.current_setting('vacuum_cost_limit')::int8) as cost_limit
  from backends b
 order by 1
 limit 1;
