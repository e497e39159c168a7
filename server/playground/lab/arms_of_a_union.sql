-- cause: filtered_seq_scan
create table mails as select n as id, n * 7919 % 3000 as person, md5(n::text) as note from generate_series(1, 30000) n;
create table calls as select n as id, n * 7919 % 3000 as person, md5(n::text) as note from generate_series(1, 30000) n;
vacuum analyze mails;
vacuum analyze calls;

-- statement
select note from mails where person = 7 union all select note from calls where person = 7;
