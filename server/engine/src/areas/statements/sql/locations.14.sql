-- rows: one, where pg_stat_statements is, whether it runs, and the settings that decide what it records
-- since: 14
-- needs: nothing; pg_read_all_settings to name the preloaded libraries
-- cost: four small catalogs and one pass over the settings
-- docs: https://www.postgresql.org/docs/current/pgstatstatements.html
select e.extversion, n.nspname::text as nspname,
       coalesce(pg_catalog.has_schema_privilege(n.oid, 'usage'), false) as usage,
       coalesce((select pg_catalog.bool_and(pg_catalog.has_function_privilege(p.oid, 'execute'))
                   from pg_catalog.pg_depend d
                   join pg_catalog.pg_proc p on p.oid = d.objid
                  where d.refclassid = 'pg_catalog.pg_extension'::regclass and d.refobjid = e.oid
                    and d.classid = 'pg_catalog.pg_proc'::regclass and d.deptype = 'e'
                    and p.proname in ('pg_stat_statements', 'pg_stat_statements_info')), false) as execute,
       pg_catalog.pg_has_role(current_user, 'pg_read_all_stats', 'usage') as sees_all,
       pg_catalog.pg_is_in_recovery() as in_recovery,
       s.preloaded, s.max_entries, s.track, s.track_utility, s.track_planning, s.save,
       s.track_io_timing, s.compute_query_id
  from (select pg_catalog.max(s.setting) filter (where s.name = 'shared_preload_libraries') as preloaded,
               pg_catalog.max(s.setting) filter (where s.name = 'pg_stat_statements.max')::int8 as max_entries,
               pg_catalog.max(s.setting) filter (where s.name = 'pg_stat_statements.track') as track,
               pg_catalog.max(s.setting) filter (where s.name = 'pg_stat_statements.track_utility')::bool as track_utility,
               pg_catalog.max(s.setting) filter (where s.name = 'pg_stat_statements.track_planning')::bool as track_planning,
               pg_catalog.max(s.setting) filter (where s.name = 'pg_stat_statements.save')::bool as save,
               pg_catalog.max(s.setting) filter (where s.name = 'track_io_timing')::bool as track_io_timing,
               pg_catalog.max(s.setting) filter (where s.name = 'compute_query_id') as compute_query_id
          from /*? settings */ pg_catalog.pg_settings
               /*: (select null::text as name, null::text as setting where false) */ s
         where s.name in ('shared_preload_libraries', 'track_io_timing', 'compute_query_id')
            or pg_catalog.starts_with(s.name, 'pg_stat_statements.')) s
  left join pg_catalog.pg_extension e on e.extname = 'pg_stat_statements'
  left join pg_catalog.pg_namespace n on n.oid = e.extnamespace
 order by 1
 limit 1;
