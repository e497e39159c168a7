-- cause: row_misestimate
create table jobs (id int primary key, state int, note text);
insert into jobs select n, 0, 'x' from generate_series(1, 100) n;
create table runs (id int primary key, job_id int, note text);
insert into runs select n, n, md5(n::text) from generate_series(1, 60000) n;
analyze jobs;
vacuum analyze runs;
insert into jobs select n, n % 2, 'x' from generate_series(101, 30000) n;
create index on jobs (state);

-- statement
select count(r.note) from jobs j join runs r on r.id = j.id where j.state = 1;
