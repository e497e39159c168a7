-- rows: one, how often the table with oid $1 was vacuumed and analyzed by hand
-- since: 14
-- needs: nothing
-- cost: two counters
-- docs: https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ALL-TABLES-VIEW
select pg_catalog.pg_stat_get_vacuum_count($1)::int8 as vacuum_count,
       pg_catalog.pg_stat_get_analyze_count($1)::int8 as analyze_count
 order by 1
 limit 1;
