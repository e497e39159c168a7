-- rows: one, what the server is at this moment
-- since: 14
-- needs: pg_monitor to see since when the checkpointer runs
-- cost: settings and one pass over the backend array
-- docs: https://www.postgresql.org/docs/current/functions-info.html
select pg_catalog.pg_is_in_recovery() as in_recovery,
       pg_catalog.current_setting('server_version') as version,
       pg_catalog.current_database()::text as database,
       (extract(epoch from pg_catalog.pg_postmaster_start_time()) * 1000)::int8 as started_ms,
       -- a process that dies takes all others with it but not the postmaster
       (select pg_catalog.max(extract(epoch from a.backend_start) * 1000)
          from pg_catalog.pg_stat_get_activity(null) a where a.backend_type = 'checkpointer')::int8 as checkpointer_ms,
       (extract(epoch from pg_catalog.pg_conf_load_time()) * 1000)::int8 as loaded_ms,
       (extract(epoch from pg_catalog.clock_timestamp()) * 1000)::int8 as server_now_ms,
       /*? timeline */ case when not pg_catalog.pg_is_in_recovery() then
         ('x' || pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8))::bit(32)::int4
       end /*: null::int4 */ as timeline,
       -- what this database's catalogs have been written, by statistics that only a primary has
       case when pg_catalog.current_setting('track_counts')::bool and not pg_catalog.pg_is_in_recovery() then
         (select pg_catalog.sum(pg_catalog.pg_stat_get_tuples_inserted(c.oid) + pg_catalog.pg_stat_get_tuples_updated(c.oid)
                                + pg_catalog.pg_stat_get_tuples_deleted(c.oid))
            from pg_catalog.pg_class c
           where c.oid in ('pg_catalog.pg_class'::regclass, 'pg_catalog.pg_attribute'::regclass,
                           'pg_catalog.pg_index'::regclass, 'pg_catalog.pg_constraint'::regclass,
                           'pg_catalog.pg_trigger'::regclass, 'pg_catalog.pg_rewrite'::regclass,
                           'pg_catalog.pg_namespace'::regclass, 'pg_catalog.pg_proc'::regclass))
       end::int8 as catalog_writes
 order by 1
 limit 1;
