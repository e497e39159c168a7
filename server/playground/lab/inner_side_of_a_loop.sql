-- cause: filtered_seq_scan
-- offers: create index concurrently on visits (shop_id);
create table shops as select n as id, 'shop ' || n as name from generate_series(1, 40) n;
create table visits as select n as id, n % 5000 as shop_id, n % 100 as guests, md5(n::text) as note from generate_series(1, 30000) n;
vacuum analyze shops;
vacuum analyze visits;

-- statement
select s.name, v.guests from shops s cross join lateral (select * from visits v where v.shop_id = s.id order by v.guests limit 1) v;

-- workload
select count(*) from visits;
insert into visits select n, n, 1, 'x' from generate_series(50001, 50050) n;
