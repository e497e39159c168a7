-- Tables for the plans of fixtures/diff. One statement per line.
set client_min_messages = warning;
create table customers (id int primary key, name text not null, country text not null);
insert into customers select g, 'customer ' || g, (array['de','fr','pl','it'])[1 + g % 4] from generate_series(1, 20000) g;
create table orders (id int primary key, customer_id int not null, status text not null, amount numeric not null, note text);
insert into orders select g, 1 + (g::bigint * 7919) % 20000, case when g % 500 = 0 then 'open' else 'done' end, (g % 1000) / 10.0, md5(g::text) from generate_series(1, 200000) g;
create index orders_customer_id_idx on orders (customer_id);
create table items (id int primary key, order_id int not null, amount int not null);
insert into items select g, 1 + (g::bigint * 104729) % 200000, g % 9 from generate_series(1, 300000) g;
create index items_order_id_idx on items (order_id);
create table parts (id int, day int) partition by range (day);
do $$ begin for g in 0..2 loop execute format('create table parts_%s partition of parts for values from (%s) to (%s)', g, g * 10, g * 10 + 10); end loop; end $$;
insert into parts select g, g % 30 from generate_series(1, 30000) g;
create table events (id int, kind int, customer_id int);
insert into events select g, g % 50, 1 + g % 20000 from generate_series(1, 50) g;
vacuum analyze;
