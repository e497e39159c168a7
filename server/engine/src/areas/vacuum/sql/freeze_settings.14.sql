-- rows: one, the ages at which autovacuum freezes by force
-- since: 14
-- needs: nothing
-- cost: settings only
-- docs: https://www.postgresql.org/docs/current/runtime-config-autovacuum.html
select pg_catalog.current_setting('autovacuum_freeze_max_age')::int8 as freeze_max_age_xids,
       pg_catalog.current_setting('autovacuum_multixact_freeze_max_age')::int8 as multixact_freeze_max_age_xids
 order by 1
 limit 1;
