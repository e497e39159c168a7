-- rows: one, that counters are read from shared memory and no copy of them is made
-- since: 15
-- needs: nothing
-- cost: nothing; a setting of this transaction only
-- docs: https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-STATS-VIEWS
select pg_catalog.set_config('stats_fetch_consistency', 'none', true) as stats_fetch_consistency
 order by 1
 limit 1;
