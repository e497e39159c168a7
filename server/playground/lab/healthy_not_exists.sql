-- cause: nothing
create table sales (id int primary key, shop_id int, amount int, at timestamptz, note text);
insert into sales select n, n * 7919 % 2000, n % 977, '2026-01-01'::timestamptz + n * interval '1 minute', md5(n::text) from generate_series(1, 100000) n;
create index sales_shop on sales (shop_id);
create index sales_at on sales (at);
create table shops (id int primary key, city int, name text, active boolean);
insert into shops select n, n % 100, 'shop ' || n, n % 4 > 0 from generate_series(0, 1999) n;
vacuum analyze sales;
vacuum analyze shops;
set work_mem = '64MB';

-- statement
select count(*) from shops h where not exists (select from sales s where s.shop_id = h.id);
