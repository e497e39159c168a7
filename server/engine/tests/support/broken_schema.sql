-- One of each defect that the rules of the area tables find.
create table "no ""key""" (at timestamptz, note text);
insert into "no ""key""" select now(), 'x' from generate_series(1, 10);
create table heavy (id int generated always as identity primary key, note text);
insert into heavy (note) select 'x' from generate_series(1, 10);
alter table heavy alter id restart with 2000000000;
insert into heavy (note) values ('late');
create table small_sequence (id bigint primary key);
create sequence small_sequence_id_seq as int owned by small_sequence.id;
insert into small_sequence values (1);
select setval('small_sequence_id_seq', 2100000000);
create table accounts (id bigint primary key);
insert into accounts select generate_series(1, 5);
create table payments (id bigint primary key, account_id int not null references accounts, amount numeric);
insert into payments select i, 1 + i % 5, i from generate_series(1, 20) i;
alter table payments add constraint positive check (amount > 0) not valid;
alter table payments add constraint "again" foreign key (account_id) references accounts not valid;
create unlogged table scratch (id int primary key);
insert into scratch values (1);
create materialized view totals as select id, id * 2 as twice from accounts;
create table fresh (id int primary key);
insert into fresh select generate_series(1, 20000);
create table stale (id int primary key, note text);
insert into stale select i, 'x' from generate_series(1, 12000) i;
analyze stale;
update stale set note = 'y' where id <= 8000;
create table events (id bigint, at timestamptz not null, primary key (id, at)) partition by range (at);
do $$ begin
  execute format('create table events_last partition of events for values from (%L) to (%L)',
                 now() - interval '29 days', now() + interval '1 day');
end $$;
create table events_rest partition of events default;
insert into events select i, now() from generate_series(1, 120000) i;
insert into events select i, now() + interval '40 days' from generate_series(1, 3) i;
analyze events_last, events_rest;
alter database postgres set enable_partition_pruning = off;
