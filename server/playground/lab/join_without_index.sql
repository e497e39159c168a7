-- cause: unindexed_join
-- offers: create index concurrently on invoices (customer_id);
create table customers (id int primary key, name text, note text);
insert into customers select n, 'name ' || n, md5(n::text) from generate_series(1, 20000) n;
create index on customers (name);
create table invoices as select n as id, n * 7919 % 20000 as customer_id, n % 977 as amount, md5(n::text) as note from generate_series(1, 80000) n;
vacuum analyze customers;
vacuum analyze invoices;

-- statement
select c.name, i.amount from customers c join invoices i on i.customer_id = c.id where c.name = 'name 77';

-- workload
select count(*) from invoices;
insert into invoices select n, n, 1, 'x' from generate_series(80001, 80050) n;
