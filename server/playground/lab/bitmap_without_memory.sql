-- cause: lossy_bitmap
create table sales as select n as id, n * 7919 % 20000 as shop_id, n % 977 as amount, repeat(md5(n::text), 5) as note from generate_series(1, 100000) n;
create index sales_shop on sales (shop_id);
vacuum analyze sales;
set work_mem = '64kB';
set enable_seqscan = off;
set enable_indexscan = off;

-- statement
select count(note) from sales where shop_id < 4000;
