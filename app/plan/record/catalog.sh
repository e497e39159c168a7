#!/bin/bash
# Records fixtures/catalog: plans, each with what the catalog said at that moment (NAME.catalog).
# Usage: catalog.sh PORT, of a throw-away server with an empty database that psql reaches in /tmp.
set -u; cd "$(dirname "$0")"; out=../fixtures/catalog; mkdir -p $out
P="psql -X -q -h /tmp -p $1 -U postgres -v ON_ERROR_STOP=1 -At"
$P <<'S'
create table orders (id int primary key, customer_id int not null, status varchar(10) not null, note text);
insert into orders select g, 1 + (g::bigint * 7919) % 20000, case when g % 500 = 0 then 'open' else 'done' end, md5(g::text) from generate_series(1, 200000) g;
create table pairs (a int, b int); insert into pairs select g % 20, g % 20 from generate_series(1, 100000) g;
S
# A session of its own: counters of changed rows are reported when a session ends.
sleep 1; echo "vacuum analyze" | $P; sleep 1
rec(){ (echo "begin; set max_parallel_workers_per_gather = 0; $2 explain (analyze, verbose, buffers) $3; rollback;") | $P > $out/$1.txt; $P -f catalog.sql > $out/$1.catalog; }
rec no_index "" "select * from orders where status = 'open'"
echo "create index orders_status on orders (status); update pg_index set indisvalid = false where indexrelid = 'orders_status'::regclass" | $P
rec invalid_index "" "select * from orders where status = 'open'"
echo "drop index orders_status; create index orders_status_done on orders (status) where id > 5;" | $P
rec partial_index "" "select * from orders where status = 'open'"
echo "drop index orders_status_done; create index orders_customer on orders (customer_id)" | $P
rec random_rows "set enable_bitmapscan = off;" "select * from orders where customer_id < 1500"
rec correlated "" "select * from pairs where a = 3 and b = 3"
echo "update pairs set a = 7, b = 7 where a <> 7;" | $P
rec stale "" "select * from pairs where a = 7"
rec spill "set work_mem = '1MB';" "select * from orders order by note"
