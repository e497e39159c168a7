-- cause: slow_trigger
create table customers (id int primary key, name text);
insert into customers select n, 'name ' || n from generate_series(1, 4000) n;
create table invoices (id int primary key, customer_id int references customers, note text);
insert into invoices select n, 1 + n % 3000, md5(n::text) from generate_series(1, 40000) n;
vacuum analyze customers;
vacuum analyze invoices;

-- statement
delete from customers where id > 3980;

-- workload
insert into invoices select n, 1, 'x' from generate_series(50001, 50050) n;
