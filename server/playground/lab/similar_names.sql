-- cause: filtered_seq_scan
-- offers: create index concurrently on people using gin (name gin_trgm_ops);
create table people as select n as id, md5(n::text) || ' ' || md5((n * 7)::text) as name from generate_series(1, 30000) n;
vacuum analyze people;

-- statement
select * from people where name % 'c4ca4238a0b923820dcc509a6f75849b 8f14e45fceea167a5a36dedd4bea2543';
