-- rows: backends, oldest transaction first
-- since: 14
-- needs: pg_monitor for the sessions of other roles
-- cost: one pass over the backend array and one over the progress slots, the function instead of the view for half the planning; texts cut at 4000 characters, those of idle sessions at 500
-- docs: https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ACTIVITY-VIEW
select a.pid, a.leader_pid, a.backend_type,
       d.datname::text as datname,
       pg_catalog.pg_get_userbyid(nullif(a.usesysid, 0::oid))::text as usename,
       a.application_name, pg_catalog.host(a.client_addr) as client_addr,
       (extract(epoch from a.backend_start) * 1000)::int8 as backend_start_ms,
       a.state, a.wait_event_type, a.wait_event,
       (extract(epoch from pg_catalog.clock_timestamp() - a.backend_start) * 1000)::float8 as backend_age_ms,
       (extract(epoch from pg_catalog.clock_timestamp() - a.xact_start) * 1000)::float8 as xact_age_ms,
       (extract(epoch from pg_catalog.clock_timestamp() - a.query_start) * 1000)::float8 as query_age_ms,
       (extract(epoch from pg_catalog.clock_timestamp() - a.state_change) * 1000)::float8 as state_age_ms,
       pg_catalog.age(a.backend_xid)::int8 as backend_xid_age,
       pg_catalog.age(a.backend_xmin)::int8 as backend_xmin_age,
       a.query_id,
       -- bytes of another encoding are not cut as characters: that raises 22021
       case when pg_catalog.octet_length(a.query) <= case when a.state = 'idle' then 500 else 4000 end then a.query
            when d.encoding = pg_catalog.pg_char_to_encoding(pg_catalog.getdatabaseencoding())
              then pg_catalog.left(a.query, case when a.state = 'idle' then 500 else 4000 end)
            else pg_catalog.encode(pg_catalog.substr(pg_catalog.textsend(a.query), 1, 500), 'escape') end as query,
       coalesce(a.pid = pg_catalog.pg_backend_pid() or (a.application_name = pg_catalog.current_setting('application_name')
         and pg_catalog.pg_get_userbyid(a.usesysid) = current_user), false) as own,
       -- what our role may not see has no backend type: a text is chosen by clients and proves nothing
       a.backend_type is null as hidden,
       v.pid is not null as vacuums
  from pg_catalog.pg_stat_get_activity(null) a
  left join /*? databases */ pg_catalog.pg_database
       /*: (select null::oid as oid, null::name as datname, null::int4 as encoding limit 0) */ d on d.oid = a.datid
  left join (select p.pid from pg_catalog.pg_stat_get_progress_info('VACUUM') p group by p.pid) v on v.pid = a.pid
 order by a.xact_start nulls last, a.backend_start, a.pid
 limit 2000;
