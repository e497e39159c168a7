-- rows: settings of the server with their values, but for what only our own session has set
-- since: 14
-- needs: pg_read_all_settings for settings that only superusers see
-- cost: one pass over the settings
-- docs: https://www.postgresql.org/docs/current/view-pg-settings.html
select s.name,
       -- commands and connection strings may hold passwords, and so may what an extension has made up
       case when s.is_open and pg_catalog.octet_length(s.setting) <= 1000
            then pg_catalog.current_setting(s.name, true) end as value,
       pg_catalog.hashtextextended(s.setting, 0)
         & case when s.is_open then 9223372036854775807 else 65535 end as hash,
       s.pending_restart
  from (select s.name, s.setting, s.pending_restart,
               s.name not in ('primary_conninfo', 'ssl_passphrase_command', 'archive_command', 'restore_command',
                              'archive_cleanup_command', 'recovery_end_command')
               and (pg_catalog.position(pg_catalog.textsend(s.name), '.'::bytea) = 0
                    or pg_catalog.starts_with(s.name, 'pg_stat_statements.')
                    or pg_catalog.starts_with(s.name, 'auto_explain.')
                    or pg_catalog.starts_with(s.name, 'plpgsql.')) as is_open
          from pg_catalog.pg_settings s
         where s.source in ('default', 'configuration file', 'command line', 'environment variable', 'global', 'override')
           and (s.context <> 'internal' or s.name = 'data_checksums')
           and s.name not in ('transaction_isolation', 'transaction_read_only', 'transaction_deferrable',
                              'client_encoding', 'session_authorization', 'role', 'seed')) s
 order by s.name
 limit 3000;
