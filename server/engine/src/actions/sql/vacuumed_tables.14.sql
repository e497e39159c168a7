-- rows: none; vacuums the table $1
-- since: 14
-- needs: to own the table or the database; from 17 on MAINTAIN or pg_maintain
-- cost: reads and writes what has dead tuples, throttled by vacuum_cost_delay
-- docs: https://www.postgresql.org/docs/current/sql-vacuum.html
vacuum $1;
