-- cause: cartesian_product
create table customers (id int primary key, name text);
insert into customers select n, 'name ' || n from generate_series(1, 4000) n;
create table invoices (id int primary key, customer_id int, amount int, note text);
insert into invoices select n, 1 + n * 7919 % 4000, n % 977, md5(n::text) from generate_series(1, 40000) n;
create index invoices_customer on invoices (customer_id);
vacuum analyze customers;
vacuum analyze invoices;

-- statement
select count(*) from customers c, invoices i where c.id < 100 and i.amount < 50;

-- rewritten
select count(*) from customers c join invoices i on i.customer_id = c.id where c.id < 100 and i.amount < 50;
