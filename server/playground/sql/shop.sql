-- A web shop with ordinary data and ordinary mistakes. Run as the owner of an empty database.
-- `shop.percent` (a setting of the session) scales the number of rows; 100 is the full size.
-- Each line `-- step: …` begins a part that is run, and reported, for itself.

-- step: catalogue
select setseed(0.42);
-- The workload asks for the first thousand of each, so there are always as many.
select set_config('shop.customers', greatest(1000, 500 * current_setting('shop.percent')::int)::text, false),
       set_config('shop.products', greatest(1000, 50 * current_setting('shop.percent')::int)::text, false);

create table categories (
    id int primary key,
    parent_id int references categories,
    name text not null
);
insert into categories
select i, case when i > 8 then 1 + i % 8 end, (array['Garden','Kitchen','Books','Toys','Tools','Sport','Music','Office'])[1 + i % 8] || ' ' || i
from generate_series(1, 60) i;

create table products (
    id serial primary key,
    category_id int not null references categories,
    sku text not null unique,
    name text not null,
    description text not null,
    price numeric(10, 2) not null,
    attributes jsonb not null
);
insert into products (category_id, sku, name, description, price, attributes)
select 1 + i % 60, 'SKU-' || lpad(i::text, 7, '0'), 'Product ' || i, repeat(md5(i::text) || ' ', 6),
       round((5 + random() * 200)::numeric, 2),
       jsonb_build_object('colour', (array['red','green','blue','black'])[1 + i % 4], 'weight_g', 50 + i % 4000)
from generate_series(1, current_setting('shop.products')::int) i;
create index products_category_id_idx on products (category_id);
comment on table products is 'An int4 key: room for two thousand million products.';

create table inventory (
    product_id int references products,
    warehouse smallint,
    quantity int not null,
    updated_at timestamptz not null default now(),
    primary key (product_id, warehouse)
) with (fillfactor = 80);
insert into inventory select id, w, 1000, now() from products, generate_series(1, 2) w;

-- step: customers
create table customers (
    id bigint generated always as identity,
    email text not null,
    name text not null,
    city text not null,
    country text not null,
    created_at timestamptz not null,
    preferences jsonb not null
);
insert into customers (email, name, city, country, created_at, preferences)
select 'customer' || i || '@example.com', 'Customer ' || i,
       (array['Oslo','Lyon','Graz','Porto','Gdansk','Turku','Cork','Ghent'])[1 + i % 8],
       (array['NO','FR','AT','PT','PL','FI','IE','BE'])[1 + i % 8],
       now() - random() * interval '3 years',
       jsonb_build_object('newsletter', i % 3 = 0, 'language', (array['en','fr','de','pt'])[1 + i % 4])
from generate_series(1, current_setting('shop.customers')::int) i;
alter table customers add primary key (id);
alter table customers add constraint customers_email_key unique (email);
-- A mistake: the same as the index of the unique constraint.
create index customers_email_idx on customers (email);
-- A mistake: nobody asks for preferences.
create index customers_preferences_idx on customers using gin (preferences);

-- step: orders
create table orders (
    id bigint generated always as identity,
    customer_id bigint not null,
    status text not null,
    placed_at timestamptz not null,
    total numeric(12, 2) not null,
    note text
);
insert into orders (customer_id, status, placed_at, total, note)
select 1 + floor(random() * current_setting('shop.customers')::int)::bigint,
       (array['paid','shipped','shipped','shipped','returned'])[1 + i % 5],
       now() - (2000 * current_setting('shop.percent')::int - i) * interval '2 minutes',
       round((random() * 400)::numeric, 2), case when i % 7 = 0 then repeat('please ring twice ', 4) end
from generate_series(1, 2000 * current_setting('shop.percent')::int) i;
alter table orders add primary key (id);
alter table orders add foreign key (customer_id) references customers;
create index orders_customer_id_idx on orders (customer_id);
create index orders_placed_at_idx on orders (placed_at);
-- A mistake: status has four values, and no statement looks for one.
create index orders_status_idx on orders (status);

-- step: order items
create table order_items (
    order_id bigint not null,
    line smallint not null,
    product_id int not null,
    quantity smallint not null,
    unit_price numeric(10, 2) not null
);
insert into order_items
select 1 + i / 3, 1 + i % 3,
       1 + floor(power(random(), 2) * current_setting('shop.products')::int)::int,
       1 + i % 4, round((5 + random() * 200)::numeric, 2)
from generate_series(0, 6000 * current_setting('shop.percent')::int - 1) i;
alter table order_items add primary key (order_id, line);
alter table order_items add foreign key (order_id) references orders;
-- A mistake: a foreign key without an index on this side.
alter table order_items add foreign key (product_id) references products;

-- step: payments and reviews
create table payments (
    id serial primary key,
    order_id bigint not null,
    provider text not null,
    amount numeric(12, 2) not null,
    paid_at timestamptz not null,
    details jsonb not null
);
-- A mistake: the key counts in steps of a thousand and is about to be used up.
alter sequence payments_id_seq increment by 1000;
insert into payments (id, order_id, provider, amount, paid_at, details)
select 1700000000 + id, id, (array['card','transfer','wallet'])[1 + id % 3], total, placed_at + interval '1 minute',
       jsonb_build_object('reference', md5(id::text))
from orders where id % 10 <> 0;
select setval('payments_id_seq', 1950000000);
alter table payments add foreign key (order_id) references orders;
create index payments_order_id_idx on payments (order_id);

create table reviews (
    id bigint generated always as identity primary key,
    product_id int not null references products,
    customer_id bigint not null references customers,
    stars smallint not null check (stars between 1 and 5),
    body text not null,
    created_at timestamptz not null
);
insert into reviews (product_id, customer_id, stars, body, created_at)
select 1 + floor(random() * current_setting('shop.products')::int)::int,
       1 + floor(random() * current_setting('shop.customers')::int)::bigint,
       1 + i % 5, repeat('It does what it says. ', 4 + i % 6), now() - random() * interval '2 years'
from generate_series(1, 800 * current_setting('shop.percent')::int) i;
create index reviews_product_id_created_at_idx on reviews (product_id, created_at);
-- A mistake: the beginning of the index above.
create index reviews_product_id_idx on reviews (product_id);
create index reviews_customer_id_idx on reviews (customer_id);

-- step: sessions, carts and the audit log
-- A mistake: somebody switched autovacuum off for one night's import.
create table sessions (
    id bigint generated always as identity primary key,
    customer_id bigint not null,
    seen_at timestamptz not null,
    data text not null
) with (autovacuum_enabled = off);
insert into sessions (customer_id, seen_at, data)
select i, now(), repeat(md5(i::text), 40) from generate_series(1, 200 * current_setting('shop.percent')::int) i;
create index sessions_seen_at_idx on sessions (seen_at);

-- A mistake: vacuum may hardly work here.
create table carts (
    id bigint generated always as identity primary key,
    customer_id bigint not null,
    items jsonb not null,
    changed_at timestamptz not null
) with (autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1, autovacuum_vacuum_scale_factor = 0.02);
insert into carts (customer_id, items, changed_at)
select i, jsonb_build_array(i % 100, i % 77), now() from generate_series(1, 600 * current_setting('shop.percent')::int) i;
create index carts_changed_at_idx on carts (changed_at);

create table audit_events (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    actor text not null,
    action text not null,
    details jsonb not null
);
insert into audit_events (at, actor, action, details)
select now() - (3000 * current_setting('shop.percent')::int - i) * interval '1 minute', 'user' || i % 900,
       (array['login','logout','view','buy','refund'])[1 + i % 5],
       jsonb_build_object('address', '10.0.' || i % 250 || '.' || i % 199, 'agent', md5((i % 300)::text))
from generate_series(1, 3000 * current_setting('shop.percent')::int) i;
create index audit_events_at_idx on audit_events (at);
-- A mistake: nobody looks for an actor.
create index audit_events_actor_idx on audit_events (actor, action);

-- step: daily sales
create materialized view daily_sales as
select date_trunc('day', o.placed_at) as day, p.category_id, sum(i.quantity * i.unit_price) as revenue
from orders o join order_items i on i.order_id = o.id join products p on p.id = i.product_id
group by 1, 2;
create unique index daily_sales_key on daily_sales (day, category_id);

-- step: planner statistics
do $$
declare
  name regclass;
begin
  for name in
    select oid from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'm') and not relispartition
  loop
    execute format('analyze %s', name);
  end loop;
end
$$;
