-- cause: filtered_seq_scan
-- offers: create index on readings (sensor);
create table readings (at date, sensor int, value int, note text) partition by range (at);
create table readings_2026_01 partition of readings for values from ('2026-01-01') to ('2026-02-01');
create table readings_2026_02 partition of readings for values from ('2026-02-01') to ('2026-03-01');
create table readings_2026_03 partition of readings for values from ('2026-03-01') to ('2026-04-01');
insert into readings select '2026-01-01'::date + n % 90, n * 7919 % 2000, n, md5(n::text) from generate_series(1, 60000) n;
vacuum analyze readings;

-- statement
select * from readings where sensor = 7;

-- workload
insert into readings select '2026-01-05', n, 1, 'x' from generate_series(1, 50) n;
