-- cause: foreign_fetch
create table customers (id int primary key, name text);
insert into customers select n, 'name ' || n from generate_series(1, 4000) n;
create table invoices (id int primary key, customer_id int, amount int, note text);
insert into invoices select n, 1 + n * 7919 % 4000, n % 977, md5(n::text) from generate_series(1, 40000) n;
create index invoices_customer on invoices (customer_id);
vacuum analyze customers;
vacuum analyze invoices;
do $$ begin execute format('create server if not exists other foreign data wrapper postgres_fdw options (host %L, port %L, dbname %L)', current_setting('unix_socket_directories'), current_setting('port'), current_database()); end $$;
create user mapping if not exists for current_user server other options (user 'postgres', password_required 'false');
create foreign table far (id int, customer_id int, amount int, note text) server other options (schema_name 'lab', table_name 'invoices');
set enable_hashjoin = off;
set enable_mergejoin = off;
set enable_material = off;

-- statement
select c.name, f.amount from customers c join far f on f.customer_id + 0 = c.id where c.id < 60;

-- rewritten
select c.name, f.amount from far f cross join lateral (select name from customers c where c.id = f.customer_id and c.id < 60 offset 0) c;
