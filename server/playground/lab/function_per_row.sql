-- cause: row_by_row_function
create table customers (id int primary key, name text);
insert into customers select n, 'name ' || n from generate_series(1, 4000) n;
create table invoices (id int primary key, customer_id int, amount int, note text);
insert into invoices select n, 1 + n * 7919 % 4000, n % 977, md5(n::text) from generate_series(1, 40000) n;
create index invoices_customer on invoices (customer_id);
vacuum analyze customers;
vacuum analyze invoices;
create function total(int) returns bigint language plpgsql as 'begin return (select sum(amount) from invoices where customer_id = $1); end';

-- statement
select c.id, total(c.id) from customers c;

-- rewritten
select c.id, i.total from customers c left join (select customer_id, sum(amount) as total from invoices group by customer_id) i on i.customer_id = c.id;
