-- rows: whole texts of statements that sessions run or ran last, with these query ids
-- since: 14
-- needs: pg_read_all_stats for the sessions of other roles
-- cost: one pass over the backend array
-- docs: https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ACTIVITY-VIEW
select a.query_id as queryid, a.query, pg_catalog.octet_length(a.query)::int8 as octets
  from pg_catalog.pg_stat_get_activity(null) a
 where a.query_id in ({numbers})
   -- a text that fills its room is cut
   and pg_catalog.octet_length(a.query) <
         pg_catalog.pg_size_bytes(pg_catalog.current_setting('track_activity_query_size')) - 8
 order by a.query_start desc, a.pid
 limit 200;
