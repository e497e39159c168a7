-- Tables for the plans of fixtures/rules. One statement per line.
set client_min_messages = warning;
create extension pg_trgm;
create table orders (id int primary key, customer_id int not null, status text not null, amount numeric not null, created timestamptz not null, note text);
insert into orders select g, 1 + (g::bigint * 7919) % 20000, case when g % 500 = 0 then 'open' else 'done' end, (g % 1000) / 10.0, timestamptz '2025-01-01' + g * interval '1 minute', md5(g::text) from generate_series(1, 200000) g;
create table customers (id int primary key, name text not null, city text, zip text);
insert into customers select g, 'customer ' || g, 'city ' || g % 100, 'zip ' || g % 100 from generate_series(1, 20000) g;
create index orders_customer on orders (customer_id);
create table parts (id int, day int) partition by range (day);
do $$ begin for g in 0..29 loop execute format('create table parts_%s partition of parts for values from (%s) to (%s)', g, g * 10, g * 10 + 10); end loop; end $$;
insert into parts select g, g % 300 from generate_series(1, 30000) g;
create table items (id int primary key, order_id int references orders);
insert into items select g, g from generate_series(1, 20000) g;
create table pairs (a int, b int);
insert into pairs select g % 20, g % 20 from generate_series(1, 100000) g;
create table keys (k int);
insert into keys select 1 + (g * 7919) % 20000 from generate_series(1, 15000) g;
alter table keys alter k set (n_distinct = 50);
vacuum analyze;
