-- cause: late_or_filter
create table customers (id int primary key, name text);
insert into customers select n, 'name ' || n from generate_series(1, 4000) n;
create table invoices (id int primary key, customer_id int, amount int, note text);
insert into invoices select n, 1 + n * 7919 % 4000, n % 977, md5(n::text) from generate_series(1, 40000) n;
create index invoices_customer on invoices (customer_id);
vacuum analyze customers;
vacuum analyze invoices;

-- statement
select c.id, i.id from customers c join invoices i on c.id = i.customer_id and i.amount = 5 or c.name = i.note where c.id < 400;

-- rewritten
select c.id, i.id from customers c join invoices i on c.id = i.customer_id and i.amount = 5 where c.id < 400 union select c.id, i.id from customers c join invoices i on c.name = i.note where c.id < 400;
