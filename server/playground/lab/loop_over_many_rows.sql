-- cause: nested_loop_over_many_rows, disabled_node
create table customers (id int primary key, name text);
insert into customers select n, 'name ' || n from generate_series(1, 4000) n;
create table invoices (id int primary key, customer_id int, amount int, note text);
insert into invoices select n, 1 + n * 7919 % 4000, n % 977, md5(n::text) from generate_series(1, 40000) n;
create index invoices_customer on invoices (customer_id);
vacuum analyze customers;
vacuum analyze invoices;
set enable_hashjoin = off;
set enable_mergejoin = off;
set enable_memoize = off;

-- statement
select count(c.name) from invoices i join customers c on c.id = i.customer_id;
