-- rows: logical subscriptions of all databases of the server
-- since: 19; 19 copies sequences, and counts its errors beside those of tables
-- needs: nothing; the origin's position, asked through query_to_xml so that it is refused to nobody, needs the right to call pg_show_replication_origin_status
-- cost: shared memory and one small catalog
-- docs: https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-SUBSCRIPTION
with origins as (
  select case when pg_catalog.has_function_privilege('pg_catalog.pg_show_replication_origin_status()', 'execute')
                   and exists (select from pg_catalog.pg_subscription)
              then pg_catalog.query_to_xml(
                     'select o.external_id as id, pg_catalog.pg_wal_lsn_diff(o.remote_lsn, ''0/0'') as lsn from pg_catalog.pg_show_replication_origin_status() o',
                     false, true, '')::text end as all_of_them
)
select s.subname::text as subname, w.pid, s.subenabled as enabled,
       a.wait_event_type,
       greatest(pg_catalog.pg_wal_lsn_diff(w.received_lsn, '0/0')
                - nullif(substring(o.all_of_them from '<id>pg_' || s.oid || '</id>\s*<lsn>([0-9]+)</lsn>')::numeric, 0), 0)::int8 as lag_bytes,
       (extract(epoch from pg_catalog.clock_timestamp() - w.last_msg_receipt_time) * 1000)::float8 as message_age_ms,
       e.apply_error_count as apply_errors, e.sync_table_error_count + e.sync_seq_error_count as sync_errors
  from pg_catalog.pg_subscription s
 cross join origins o
  left join pg_catalog.pg_stat_get_subscription(null) w on w.subid = s.oid and w.worker_type = 'apply'
  left join pg_catalog.pg_stat_get_activity(null) a on a.pid = w.pid
 cross join pg_catalog.pg_stat_get_subscription_stats(s.oid) e
 order by s.subname
 limit 200;
