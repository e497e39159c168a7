-- cause: filtered_seq_scan
-- offers: create index concurrently on events using brin (at);
-- limit: filtered_seq_scan min_brin_bytes 1000000
create table events as select n as id, '2026-01-01'::timestamptz + n * interval '1 second' as at, repeat(md5(n::text), 4) as note from generate_series(1, 80000) n;
vacuum analyze events;

-- statement
select count(note) from events where at between '2026-01-01 10:00+00' and '2026-01-01 10:30+00';

-- workload
select count(*) from events;
insert into events select n, now(), 'x' from generate_series(80001, 80100) n;
