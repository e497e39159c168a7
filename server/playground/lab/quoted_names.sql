-- cause: filtered_seq_scan
-- offers: create index concurrently on "Order Lines" ("Odd Name");
create table "Order Lines" as select n as id, n % 5000 as "Odd Name", md5(n::text) as "select" from generate_series(1, 50000) n;
vacuum analyze "Order Lines";

-- statement
select * from "Order Lines" where "Odd Name" = 3;
