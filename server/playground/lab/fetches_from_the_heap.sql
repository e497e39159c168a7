-- cause: heap_fetches
-- offers: vacuum sales;
create table sales as select n as id, n % 977 as amount, repeat(md5(n::text), 3) as note from generate_series(1, 60000) n;
create index sales_id on sales (id);
vacuum analyze sales;
update sales set note = 'x' where id % 20 = 0;
set enable_seqscan = off;
set enable_bitmapscan = off;

-- statement
select count(id) from sales where id > 1000;

-- workload
select count(*) from sales;
