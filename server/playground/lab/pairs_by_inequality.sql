-- cause: compared_pairs
create table rates as select n as id, n * 10 as lower, n * 10 + 9 as upper, n % 7 as rate from generate_series(1, 1000) n;
create table readings as select n as id, n * 7919 % 10000 as value from generate_series(1, 3000) n;
vacuum analyze rates;
vacuum analyze readings;

-- statement
select r.id, t.rate from readings r join rates t on r.value >= t.lower and r.value <= t.upper;
