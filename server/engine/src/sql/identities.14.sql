-- rows: one, the cluster's identity and timeline
-- since: 9.6
-- needs: execute on pg_control_system and pg_control_checkpoint (public by default)
-- cost: reads pg_control
-- docs: https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-CONTROLDATA
select /*? system */ (select s.system_identifier from pg_catalog.pg_control_system() s)::text
       /*: null::text */ as system_identifier,
       /*? checkpoint */ (select c.timeline_id from pg_catalog.pg_control_checkpoint() c)::int4
       /*: null::int4 */ as timeline
 order by 1
 limit 1;
