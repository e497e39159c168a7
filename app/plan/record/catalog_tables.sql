-- Tables for the plans of fixtures/catalog. One statement per line.
create table orders (id int primary key, customer_id int not null, status varchar(10) not null, note text);
insert into orders select g, 1 + (g::bigint * 7919) % 20000, case when g % 500 = 0 then 'open' else 'done' end, md5(g::text) from generate_series(1, 200000) g;
create table pairs (a int, b int);
insert into pairs select g % 20, g % 20 from generate_series(1, 100000) g;
