-- cause: unhashed_subplan
create table customers (id int primary key, name text);
insert into customers select n, 'name ' || n from generate_series(1, 4000) n;
create table invoices (id int primary key, customer_id int, amount int, note text);
insert into invoices select n, 1 + n * 7919 % 4000, n % 977, md5(n::text) from generate_series(1, 40000) n;
create index invoices_customer on invoices (customer_id);
vacuum analyze customers;
vacuum analyze invoices;
set work_mem = '64kB';

-- statement
select count(*) from customers where id not in (select customer_id from invoices where amount > 100);

-- rewritten
select count(*) from customers c where not exists (select from invoices i where i.customer_id = c.id and i.amount > 100);
