-- rows: texts of the entries with these queryids
-- since: extension 1.9, which comes with PostgreSQL 14
-- needs: pg_read_all_stats for the entries of other roles
-- cost: reads the whole file of texts into the backend's memory, whatever is asked for: rarely, and only where it is small
-- docs: https://www.postgresql.org/docs/current/pgstatstatements.html
select s.queryid,
       -- a text without values this long is a list that somebody generated
       case when pg_catalog.octet_length(s.query) <= 20000 then s.query end as query,
       pg_catalog.octet_length(s.query)::int8 as octets
  from {schema}.pg_stat_statements(true) s
 where s.queryid in ({numbers})
 order by s.queryid
 limit 1000;
