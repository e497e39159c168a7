-- rows: one, without a value: before 15 there is no choice of how counters are read
-- since: 14
-- needs: nothing
-- cost: nothing
-- docs: https://www.postgresql.org/docs/14/monitoring-stats.html#MONITORING-STATS-VIEWS
select null::text as stats_fetch_consistency
 order by 1
 limit 1;
