-- cause: hash_spill
create table customers (id int primary key, name text);
insert into customers select n, 'name ' || n from generate_series(1, 4000) n;
create table invoices (id int primary key, customer_id int, amount int, note text);
insert into invoices select n, 1 + n * 7919 % 4000, n % 977, md5(n::text) from generate_series(1, 40000) n;
create index invoices_customer on invoices (customer_id);
vacuum analyze customers;
vacuum analyze invoices;
set work_mem = '64kB';
set enable_mergejoin = off;
set enable_nestloop = off;

-- statement
select count(a.note || b.note) from invoices a join invoices b on b.id = a.id + 0;
