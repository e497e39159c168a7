-- rows: one, backends whose xmin our role may not see, and prepared transactions
-- since: 14
-- needs: nothing
-- cost: one pass over the backend array and prepared transactions
-- docs: https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ACTIVITY-VIEW
select (select count(*) from pg_catalog.pg_stat_get_activity(null) a where a.backend_type is null)::int8 as hidden,
       /*? prepared */ (select count(*) from pg_catalog.pg_prepared_xact() p)::int8 /*: null::int8 */ as prepared
 order by 1
 limit 1;
