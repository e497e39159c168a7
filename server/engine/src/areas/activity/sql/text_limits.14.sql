-- rows: one, from which length on a text of a session may have been cut, bytes
-- since: 14
-- needs: nothing
-- cost: a setting, once a minute
-- docs: https://www.postgresql.org/docs/current/runtime-config-statistics.html#GUC-TRACK-ACTIVITY-QUERY-SIZE
select (pg_catalog.pg_size_bytes(pg_catalog.current_setting('track_activity_query_size')) - 8)::int8 as text_bytes
 order by 1
 limit 1;
