-- cause: unindexed_join
-- offers: create index concurrently on folders (parent_id);
create table folders (id int primary key, parent_id int, name text);
insert into folders select n, n / 3, 'folder ' || md5(n::text) from generate_series(1, 60000) n;
vacuum analyze folders;

-- statement
with recursive below as (select id, name from folders where id = 20000 union all select f.id, f.name from folders f join below b on f.parent_id = b.id) select * from below;

-- workload
insert into folders select n, n, 'x' from generate_series(60001, 60050) n;
