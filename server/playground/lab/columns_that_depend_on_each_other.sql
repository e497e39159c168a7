-- cause: row_misestimate
create table addresses as select n as id, n % 100 as city, n % 100 as zip, md5(n::text) as note from generate_series(1, 60000) n;
create table people (id int primary key, note text);
insert into people select n, md5(n::text) from generate_series(1, 60000) n;
vacuum analyze addresses;
vacuum analyze people;

-- statement
select count(p.note) from addresses a join people p on p.id = a.id where a.city in (1, 2, 3, 4, 5, 6, 7, 8) and a.zip in (1, 2, 3, 4, 5, 6, 7, 8);
