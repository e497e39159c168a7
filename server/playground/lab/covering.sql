-- cause: uncovered_index
-- offers: create index concurrently on sales (shop_id) include (amount);
create table sales as select n as id, n * 7919 % 2000 as shop_id, n % 977 as amount, repeat(md5(n::text), 5) as note from generate_series(1, 60000) n;
create index sales_shop on sales (shop_id);
vacuum analyze sales;
set random_page_cost = 1.1;
set enable_bitmapscan = off;

-- statement
select shop_id, sum(amount) from sales where shop_id between 100 and 200 group by shop_id;

-- workload
select count(*) from sales where shop_id = 7;
insert into sales select n, n, 1, 'x' from generate_series(60001, 60050) n;
