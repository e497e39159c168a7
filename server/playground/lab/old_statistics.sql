-- cause: row_misestimate
-- offers: analyze jobs;
create table jobs (id int primary key, state int, run_id int);
insert into jobs select n, n % 100, n from generate_series(1, 30000) n;
create index on jobs (state);
create table runs (id int primary key, note text);
insert into runs select n, md5(n::text) from generate_series(1, 30000) n;
vacuum analyze jobs;
vacuum analyze runs;
update jobs set state = 100 where state < 98;

-- statement
select count(r.note) from jobs j join runs r on r.id = j.run_id where j.state = 100;
