-- rows: one, the ages at which autovacuum freezes by force, and the IDs that come next
-- since: 14
-- needs: nothing
-- cost: settings, and counters in shared memory
-- docs: https://www.postgresql.org/docs/current/runtime-config-autovacuum.html
select pg_catalog.current_setting('autovacuum_freeze_max_age')::int8 as freeze_max_age_xids,
       pg_catalog.current_setting('autovacuum_multixact_freeze_max_age')::int8 as multixact_freeze_max_age_xids,
       pg_catalog.current_setting('autovacuum')::bool as autovacuum,
       pg_catalog.current_setting('track_counts')::bool as track_counts,
       pg_catalog.current_setting('vacuum_failsafe_age')::int8 as failsafe_age,
       pg_catalog.current_setting('vacuum_multixact_failsafe_age')::int8 as multixact_failsafe_age,
       pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::int8 as next_xid,
       -- the age of the first multixact, which grows with the next one, modulo 2^32
       /*? multixacts */ pg_catalog.mxid_age('1'::xid)::int8 /*: null::int8 */ as multixacts,
       null::int8 as members, null::int8 as members_bytes
 order by 1
 limit 1;
