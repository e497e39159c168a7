-- A table of more than 64 MiB that is read as a whole again and again, one that is read in part, and one whose
-- updates find no room on their pages.
create table large (id int primary key, note text);
alter table large alter note set storage plain;
insert into large select i, repeat('x', 3900) from generate_series(1, 18000) i;
create table in_part (id int primary key, note text);
alter table in_part alter note set storage plain;
insert into in_part select i, repeat('x', 3900) from generate_series(1, 18000) i;
create table worn (id int primary key, note text);
insert into worn select i, 'note' from generate_series(1, 40000) i;
analyze large, in_part, worn;
set max_parallel_workers_per_gather = 0;
do $$ begin
  for n in 1 .. 1001 loop
    perform count(*) from large;
    perform from in_part limit 1;
  end loop;
end $$;
update worn set note = 'more';
