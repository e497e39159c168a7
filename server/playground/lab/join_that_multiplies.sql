-- cause: multiplied_rows
create table visits as select n as id, n % 20 as shop, n % 9 as day from generate_series(1, 6000) n;
create table sales as select n as id, n % 20 as shop, n % 7 as day from generate_series(1, 6000) n;
vacuum analyze visits;
vacuum analyze sales;

-- statement
select v.shop, count(*) from visits v join sales s on s.shop = v.shop group by v.shop;

-- rewritten
select v.shop, v.visits * s.sales from (select shop, count(*) as visits from visits group by shop) v join (select shop, count(*) as sales from sales group by shop) s on s.shop = v.shop;
