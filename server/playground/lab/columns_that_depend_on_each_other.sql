-- cause: row_misestimate
create table addresses as select n as id, n % 100 as city, n % 100 as zip, md5(n::text) as note from generate_series(1, 60000) n;
create table people as select n as id, n as address_id, md5(n::text) as note from generate_series(1, 60000) n;
create index on people (address_id);
create index on addresses (city, zip);
vacuum analyze addresses;
vacuum analyze people;

-- statement
select a.note, p.note from addresses a join people p on p.address_id = a.id where a.city in (3, 4, 5, 6, 7, 8) and a.zip in (3, 4, 5, 6, 7, 8);
