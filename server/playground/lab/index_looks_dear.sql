-- cause: random_page_cost
create table sales as select n as id, n * 7919 % 2000 as shop_id, n % 977 as amount, repeat(md5(n::text), 5) as note from generate_series(1, 60000) n;
create index sales_shop on sales (shop_id);
vacuum analyze sales;
set enable_bitmapscan = off;

-- statement
select sum(amount) from sales where shop_id between 100 and 150;

-- workload
insert into sales select n, n, 1, 'x' from generate_series(60001, 60050) n;
