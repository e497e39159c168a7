-- The table for the plans of fixtures/rules/jit_cost. One statement per line.
create table orders (id int primary key, customer_id int not null, status text not null, amount numeric not null);
insert into orders select g, g % 5000, case when g % 50 = 0 then 'open' else 'done' end, g % 1000 from generate_series(1, 60000) g;
vacuum analyze;
