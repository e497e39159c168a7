-- rows: none; gathers statistics of the table $1
-- since: 14
-- needs: to own the table or the database; from 17 on MAINTAIN or pg_maintain
-- cost: reads a sample of 300 times the statistics target rows
-- docs: https://www.postgresql.org/docs/current/sql-analyze.html
analyze $1;
