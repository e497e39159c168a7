-- rows: one, the cluster's identity and timeline
-- since: 14
-- needs: nothing; hardened servers revoke the functions
-- cost: reads the control file
-- docs: https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-CONTROLDATA
select s.system_identifier::text as system_identifier,
       c.timeline_id::int4 as timeline
  from pg_catalog.pg_control_system() s
 cross join pg_catalog.pg_control_checkpoint() c
 order by 1
 limit 1;
