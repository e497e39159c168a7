#!/bin/bash
# Records fixtures/diff: for each change a plan before it and one after it.
# Usage: diff.sh MAJOR BIN, BIN being the folder with that major's initdb, pg_ctl and postgres.
# Runs as root and starts a throw-away server as the user postgres; needs psql.
set -u; cd "$(dirname "$0")"
m=$1; bin=$2; port=58${m}7; data=$(mktemp -d /tmp/plan-record-XXXX); chmod 755 "$data"
d=$data/diff; out=../fixtures/diff; rm -rf $d $out; mkdir -p $d $out; chown postgres $d
su postgres -s /bin/bash -c "$bin/initdb --no-sync -D $d -A trust -U postgres --no-locale -E UTF8 >/dev/null && $bin/pg_ctl -D $d -w -l $d/log -o '-p $port -k /tmp -c fsync=off -c listen_addresses= -c shared_buffers=64MB -c jit=off -c timezone=UTC -c autovacuum=off' start >/dev/null"
P="psql -X -q -h /tmp -p $port -U postgres -v ON_ERROR_STOP=1 -At"
$P <<'S'
set client_min_messages = warning;
create table customers (id int primary key, name text not null, country text not null);
insert into customers select g, 'customer ' || g, (array['de','fr','pl','it'])[1 + g % 4] from generate_series(1, 20000) g;
create table orders (id int primary key, customer_id int not null, status text not null, amount numeric not null, note text);
insert into orders select g, 1 + (g::bigint * 7919) % 20000, case when g % 500 = 0 then 'open' else 'done' end, (g % 1000) / 10.0, md5(g::text) from generate_series(1, 200000) g;
create index orders_customer_id_idx on orders (customer_id);
create table items (id int primary key, order_id int not null, amount int not null);
insert into items select g, 1 + (g::bigint * 104729) % 200000, g % 9 from generate_series(1, 300000) g;
create index items_order_id_idx on items (order_id);
create table parts (id int, day int) partition by range (day);
select format('create table parts_%s partition of parts for values from (%s) to (%s)', g, g * 10, g * 10 + 10) from generate_series(0, 2) g \gexec
insert into parts select g, g % 30 from generate_series(1, 30000) g;
create table events (id int, kind int, customer_id int);
insert into events select g, g % 50, 1 + g % 20000 from generate_series(1, 50) g;
vacuum analyze;
S
# name, settings before, statement before, what happens in between, settings after, statement after
rec(){ local name=$1 set1=$2 q1=$3 then=${4-} set2=${5-} q2=${6:-$3}; mkdir -p $out/$name
 local base="set max_parallel_workers_per_gather = 0;"
 echo "begin; $base $set1 explain (analyze, verbose, buffers, settings) $q1; rollback;" | $P > $out/$name/before.txt || echo FAIL $name
 [ -n "$then" ] && { echo "$then" | $P >/dev/null || echo FAILTHEN $name; }
 echo "begin; $base $set2 explain (analyze, verbose, buffers, settings) $q2; rollback;" | $P > $out/$name/after.txt || echo FAIL2 $name; }
three="select count(*) from customers c join orders o on o.customer_id = c.id join items i on i.order_id = o.id where c.id < 50"
rec join_order "" "$three" "" "set join_collapse_limit = 1;" "select count(*) from orders o join items i on i.order_id = o.id join customers c on o.customer_id = c.id where c.id < 50"
rec join_method "" "select c.name, o.amount from customers c join orders o on o.customer_id = c.id" "" "set enable_hashjoin = off;"
rec work_mem "set work_mem = '64MB';" "select o.note, c.name from orders o join customers c on c.id = o.customer_id order by o.note" "" "set work_mem = '256kB';"
rec parallel_off "set max_parallel_workers_per_gather = 2; set parallel_setup_cost = 0; set min_parallel_table_scan_size = 0;" "select status, sum(amount) from orders group by status" ""
rec memoize_off "set enable_hashjoin = off; set enable_mergejoin = off;" "select count(*) from items i join customers c on c.id = i.amount" "" "set enable_hashjoin = off; set enable_mergejoin = off; set enable_memoize = off;"
rec not_pruned "" "select * from parts where day = 5" "" "" "select * from parts where day + 0 = 5"
rec partitions_added "" "select count(*) from parts" "create table parts_3 partition of parts for values from (30) to (40); create table parts_4 partition of parts for values from (40) to (50); insert into parts select g, 30 + g % 20 from generate_series(1, 20000) g; analyze parts;" ""
rec index_changed "" "select * from orders where customer_id = 42 and status = 'done'" "create index orders_customer_id_status_idx on orders (customer_id, status) include (amount); drop index orders_customer_id_idx; vacuum analyze orders;" ""
rec index_dropped "" "select * from orders where customer_id = 42" "drop index orders_customer_id_status_idx;" ""
# Recorded the other way round: the same rows, first with old statistics, then with new ones.
echo "insert into events select g, 7, 1 + g % 20000 from generate_series(1, 100000) g;" | $P
rec statistics_stale "" "select e.id, c.name from events e join customers c on c.id = e.customer_id where e.kind = 7" "analyze events;" ""
mv $out/statistics_stale/before.txt $out/statistics_stale/old.txt; mv $out/statistics_stale/after.txt $out/statistics_stale/before.txt; mv $out/statistics_stale/old.txt $out/statistics_stale/after.txt
su postgres -s /bin/bash -c "$bin/pg_ctl -D $d -w -m immediate stop >/dev/null"
rm -rf "$data"
