-- rows: one, since when is counted, and who else may scan the indexes
-- since: 14
-- needs: nothing; slots and walsenders stay unknown where their functions are revoked
-- cost: settings, and a row per walsender and slot
-- docs: https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-DATABASE-VIEW
select (extract(epoch from pg_catalog.clock_timestamp()) * 1000)::int8 as server_now_ms,
       (extract(epoch from pg_catalog.pg_stat_get_db_stat_reset_time(
          (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()))) * 1000)::int8
         as stats_reset_ms,
       (extract(epoch from pg_catalog.pg_stat_get_bgwriter_stat_reset_time()) * 1000)::int8 as server_stats_reset_ms,
       pg_catalog.current_setting('block_size')::int4 as block_bytes,
       -- changes when a schema is renamed, which no row of pg_class tells
       (select pg_catalog.hashtextextended(pg_catalog.string_agg(n.nspname, ',' order by n.oid), 0)
          from pg_catalog.pg_namespace n) as schemas,
       -- change when a row of pg_index or of a constraint that needs an index is written: how old they are together,
       -- less what all grow older
       (select sum(pg_catalog.age(i.xmin)) - count(*) * pg_catalog.age('3'::xid)
          from pg_catalog.pg_index i where i.indexrelid >= 16384)::float8 as index_rows,
       (select sum(pg_catalog.age(c.xmin)) - count(*) * pg_catalog.age('3'::xid)
          from pg_catalog.pg_constraint c
         where c.contype in ('p', 'u', 'x') and c.oid >= 16384)::float8 as constraint_rows,
       pg_catalog.current_setting('track_counts')::bool as track_counts,
       pg_catalog.pg_is_in_recovery() as in_recovery,
       /*? senders */ (select count(*) from pg_catalog.pg_stat_get_wal_senders() w
                        where w.state is distinct from 'backup'
                          and not exists (select from pg_catalog.pg_get_replication_slots() s
                                           where s.active_pid = w.pid and s.slot_type = 'logical')) /*: null */::int8
         as standbys,
       /*? slots */ (select count(*) from pg_catalog.pg_get_replication_slots() s
                      where s.slot_type = 'physical' and not s.active) /*: null */::int8 as idle_slots
 order by 1
 limit 1;
