-- What repairs each of them, as the findings say.
alter table "no ""key""" add column id bigint generated always as identity primary key;
alter table heavy alter id drop identity, alter id type bigint;
alter table heavy alter id add generated always as identity (start with 2000000002);
alter sequence small_sequence_id_seq as bigint no maxvalue;
alter table payments alter account_id type bigint;
alter table payments validate constraint positive;
alter table payments validate constraint "again";
alter table scratch set logged;
create unique index on totals (id);
analyze fresh, stale;
truncate events_rest;
do $$ begin
  execute format('create table events_next partition of events for values from (%L) to (%L)',
                 now() + interval '1 day', now() + interval '31 days');
end $$;
analyze events;
alter database postgres reset enable_partition_pruning;
