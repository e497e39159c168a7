-- rows: what decides what the server's log has of statements, and what of it we may read; one row
-- since: 14
-- needs: nothing
-- cost: one pass over the settings
-- docs: https://www.postgresql.org/docs/current/runtime-config-logging.html
select pg_catalog.current_setting('logging_collector') = 'on' as collects,
       pg_catalog.current_setting('lc_messages') as language,
       -- it also decides whether runs that are skipped are logged
       pg_catalog.current_setting('log_autovacuum_min_duration') <> '-1' as logs_autovacuum,
       pg_catalog.current_setting('log_min_duration_statement') as all_from,
       pg_catalog.current_setting('log_min_duration_sample') as sample_from,
       pg_catalog.current_setting('log_statement_sample_rate') as sample_rate,
       pg_catalog.current_setting('log_transaction_sample_rate') as transaction_rate,
       -- a role or a database may have its own: then the server's are not known here
       exists (select 1 from pg_catalog.pg_settings s
                where s.name in ('log_min_duration_statement', 'log_min_duration_sample', 'log_statement_sample_rate',
                                 'log_transaction_sample_rate')
                  and s.source in ('database', 'user', 'database user', 'client', 'session')) as is_overridden,
       coalesce(pg_catalog.has_function_privilege(pg_catalog.to_regprocedure('pg_catalog.pg_ls_logdir()')::oid, 'execute'), false) as may_list,
       coalesce(pg_catalog.has_function_privilege(pg_catalog.to_regprocedure('pg_catalog.pg_current_logfile()')::oid, 'execute')
                and pg_catalog.has_function_privilege(pg_catalog.to_regprocedure('pg_catalog.pg_current_logfile(text)')::oid, 'execute')
                and pg_catalog.has_function_privilege(
                  pg_catalog.to_regprocedure('pg_catalog.pg_read_binary_file(text,bigint,bigint,boolean)')::oid, 'execute'), false) as may_read
 order by 1
 limit 1;
