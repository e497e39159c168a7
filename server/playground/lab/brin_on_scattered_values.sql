-- cause: coarse_brin
create table sales as select n as id, n * 7919 % 60000 as code, repeat(md5(n::text), 4) as note from generate_series(1, 60000) n;
create index sales_code on sales using brin (code);
vacuum analyze sales;
set enable_seqscan = off;

-- statement
select * from sales where code between 100 and 110;
