-- cause: leading_wildcard
-- offers: create index concurrently on orders using gin (note gin_trgm_ops);
create table orders (
    id int primary key, tenant_id int, customer_id int, status varchar(20), note text, mail varchar(80),
    at timestamptz, amount numeric, hidden boolean, deleted_at timestamptz);
insert into orders select n, n % 50, n * 7919 % 4000, (array['open', 'paid', 'sent'])[1 + n % 3], 'note ' || md5(n::text),
    'user' || n || '@example.com', '2026-01-01'::timestamptz + n * interval '1 minute', n * 31 % 977,
    n % 500 = 0, case when n % 100 > 0 then '2026-03-01'::timestamptz end
    from generate_series(1, 50000) n;
vacuum analyze orders;

-- statement
select * from orders where note ilike '%ABCDE%';

-- workload
select * from orders where id = 4711;
select count(*) from orders where id between 100 and 200;
insert into orders select n, 1, 1, 'new', 'note', 'mail', now(), 1, false, null from generate_series(60001, 60100) n;
update orders set note = 'changed' where id between 500 and 600;
