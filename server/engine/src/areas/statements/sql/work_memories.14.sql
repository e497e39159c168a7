-- rows: one, the memory that this transaction may use before it writes a temporary file
-- since: 14
-- needs: nothing
-- cost: nothing; a setting of this transaction only
-- docs: https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-WORK-MEM
select pg_catalog.set_config('work_mem', '64MB', true) as work_mem
 order by 1
 limit 1;
