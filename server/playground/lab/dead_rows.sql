-- cause: many_blocks_per_row
create table queue (id int primary key, state int, note text);
insert into queue select n, n % 3, repeat(md5(n::text), 6) from generate_series(1, 60000) n;
delete from queue where id % 600 <> 0;
analyze queue;

-- statement
select count(note) from queue;
