-- cause: unpruned_partitions
create table readings (at date, sensor int, value int) partition by range (at);
do $$ begin for n in 0..23 loop execute format('create table readings_%s partition of readings for values from (%L) to (%L)', n, '2025-01-01'::date + n * 10, '2025-01-01'::date + n * 10 + 10); end loop; end $$;
insert into readings select '2025-01-01'::date + n % 240, n % 500, n from generate_series(1, 100000) n;
vacuum analyze readings;

-- statement
select count(*) from readings where date_trunc('month', at) = '2025-03-01';

-- rewritten
select count(*) from readings where at >= '2025-03-01' and at < '2025-04-01';
