-- cause: filtered_seq_scan
-- offers: create index concurrently on people using gin (name gin_trgm_ops);
create table people as select n as id, substr(translate(md5(n::text), '0123456789abcdef', 'ghijklmnopqrstuv'), 1, 10) as name from generate_series(1, 40000) n;
vacuum analyze people;

-- statement
select * from people where name % 'sktihikvji';
