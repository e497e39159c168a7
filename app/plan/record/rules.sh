#!/bin/bash
# Records fixtures/rules: for each rule a plan that has the defect and one that is repaired.
# Usage: rules.sh MAJOR BIN, BIN being the folder with that major's initdb, pg_ctl and postgres.
# Runs as root and starts a throw-away server as the user postgres; needs psql.
set -u; cd "$(dirname "$0")"
m=$1; bin=$2; port=59${m}7; data=$(mktemp -d /tmp/plan-record-XXXX); chmod 755 "$data"
d=$data/rules18; out=../fixtures/rules; rm -rf $d $out; mkdir -p $d $out; chown postgres $d
su postgres -s /bin/bash -c "$bin/initdb --no-sync -D $d -A trust -U postgres --no-locale -E UTF8 >/dev/null && $bin/pg_ctl -D $d -w -l $d/log -o '-p $port -k /tmp -c fsync=off -c listen_addresses= -c shared_buffers=64MB -c jit=off -c timezone=UTC -c autovacuum=off' start >/dev/null"
P="psql -X -q -h /tmp -p $port -U postgres -v ON_ERROR_STOP=1 -At"
$P <<'S'
set client_min_messages = warning; create extension pg_trgm;
create table orders (id int primary key, customer_id int not null, status text not null, amount numeric not null, created timestamptz not null, note text);
insert into orders select g, 1 + (g::bigint * 7919) % 20000, case when g % 500 = 0 then 'open' else 'done' end, (g % 1000) / 10.0, timestamptz '2025-01-01' + g * interval '1 minute', md5(g::text) from generate_series(1, 200000) g;
create table customers (id int primary key, name text not null, city text, zip text);
insert into customers select g, 'customer ' || g, 'city ' || g % 100, 'zip ' || g % 100 from generate_series(1, 20000) g;
create index orders_customer on orders (customer_id);
create table parts (id int, day int) partition by range (day);
select format('create table parts_%s partition of parts for values from (%s) to (%s)', g, g * 10, g * 10 + 10) from generate_series(0, 29) g \gexec
insert into parts select g, g % 300 from generate_series(1, 30000) g;
create table items (id int primary key, order_id int references orders);
insert into items select g, g from generate_series(1, 20000) g;
create table pairs (a int, b int); insert into pairs select g % 20, g % 20 from generate_series(1, 100000) g;
create table keys (k int); insert into keys select 1 + (g * 7919) % 20000 from generate_series(1, 15000) g; alter table keys alter k set (n_distinct = 50);
vacuum analyze;
S
OPT="analyze, verbose, buffers"
# name, settings, statement, repair, repaired settings, repaired statement
rec(){ local name=$1 set1=$2 q1=$3 fix=${4-} set2=${5-} q2=${6:-$3}; mkdir -p $out/$name
 local base="set max_parallel_workers_per_gather = 0;"
 echo "begin; $base $set1 explain ($OPT) $q1; rollback;" | $P > $out/$name/fires.txt || echo FAIL $name
 [ -n "$fix" ] && { echo "$fix" | $P >/dev/null || echo FAILFIX $name; }
 echo "begin; $base $set2 explain ($OPT) $q2; rollback;" | $P > $out/$name/quiet.txt || echo FAIL2 $name; }
rec filtered_seq_scan "" "select * from orders where status = 'open'" "create index concurrently orders_status on orders (status);"
rec filtered_index_scan "set enable_bitmapscan=off; set enable_seqscan=off;" "select * from orders where id < 100000 and amount = 3.5" "create index concurrently orders_amount on orders (amount, id);" ""
rec row_misestimate "" "select * from pairs where a = 3 and b = 3" "create statistics pairs_ab (dependencies) on a, b from pairs; analyze pairs;" ""
rec sort_spill "set work_mem='1MB';" "select * from orders order by note" "" "set work_mem='64MB';"
rec hash_spill "set work_mem='64kB'; set enable_mergejoin=off; set enable_nestloop=off;" "select o.note, c.name from orders o join customers c on c.id = o.customer_id" "" "set work_mem='64MB'; set enable_mergejoin=off; set enable_nestloop=off;"
rec nested_loop_over_many_rows "set enable_hashjoin=off; set enable_mergejoin=off; set enable_memoize=off;" "select count(*) from orders o join customers c on c.id = o.customer_id" "" ""
rec discarded_offset "" "select * from orders order by id limit 10 offset 50000" "" "" "select * from orders where id > 50000 order by id limit 10"
rec lossy_bitmap "set work_mem='64kB'; set enable_seqscan=off; set enable_indexscan=off;" "select count(note) from orders where customer_id < 15000" "" "set work_mem='8MB'; set enable_seqscan=off; set enable_indexscan=off;"
echo "update customers set city = city" | $P
rec heap_fetches "set enable_seqscan=off; set enable_bitmapscan=off;" "select count(id) from customers where id > 5" "vacuum analyze customers;" "set enable_seqscan=off; set enable_bitmapscan=off;"
rec cte_fence "" "with t as materialized (select * from orders) select * from t where id = 5" "" "" "with t as not materialized (select * from orders) select * from t where id = 5"
rec repeated_subplan "" "select c.id, (select count(*) from orders o where o.customer_id = c.id) from customers c" "" "" "select c.id, count(o.id) from customers c left join orders o on o.customer_id = c.id group by 1"
rec late_or_filter "" "select c.id, k.k from customers c join keys k on c.name = 'customer ' || k.k or c.zip = 'zip ' || k.k where c.id < 50" "" "" "select c.id, k.k from customers c join keys k on c.name = 'customer ' || k.k where c.id < 50 union select c.id, k.k from customers c join keys k on c.zip = 'zip ' || k.k where c.id < 50"
rec leading_wildcard "" "select * from orders where note like '%abcdef%'" "create index concurrently orders_note on orders using gin (note gin_trgm_ops);"
rec wrapped_column "" "select * from orders where upper(note) = 'X'" "create index concurrently orders_upper on orders ((upper(note)));"
rec memoize_miss "set enable_hashjoin=off; set enable_mergejoin=off;" "select k.k, c.name from keys k join customers c on c.id = k.k" "alter table keys alter k reset (n_distinct); analyze keys;" "set enable_hashjoin=off; set enable_mergejoin=off;"
rec missing_workers "set max_parallel_workers_per_gather=4; set max_parallel_workers=1; set parallel_setup_cost=0; set min_parallel_table_scan_size=0;" "select count(*) from orders" "" "set max_parallel_workers_per_gather=2; set parallel_setup_cost=0; set min_parallel_table_scan_size=0;"
rec unpruned_partitions "" "select * from parts where day + 0 = 5" "" "" "select * from parts where day = 5"
rec disabled_node "set enable_seqscan=off;" "select count(*) from parts_3" "" ""
rec slow_trigger "" "delete from orders where id between 100001 and 100050" "create index concurrently items_order on items (order_id);" ""
echo "create function slow_one(int) returns int language plpgsql as \$\$ begin return \$1 + 1; end \$\$; create function quick_one(int) returns int language sql immutable as 'select \$1 + 1';" | $P
OPT="analyze, verbose, buffers, settings"
rec random_page_cost "set enable_bitmapscan=off;" "select count(note) from orders where customer_id < 1200" "" "set enable_bitmapscan=off; set random_page_cost=1.1;"
OPT="analyze, verbose, buffers"
rec row_by_row_function "" "select * from orders where slow_one(id) < 100" "" "" "select * from orders where quick_one(id) < 100"
echo "create table skipped (a int, b int); insert into skipped select g % 1200, g / 1200 from generate_series(0, 719999) g; create index skipped_two on skipped (a, b); vacuum analyze skipped" | $P
rec many_index_searches "set enable_seqscan=off; set enable_bitmapscan=off;" "select count(*) from skipped where b = 5" "drop index skipped_two; create index skipped_b on skipped (b);" "set enable_seqscan=off; set enable_bitmapscan=off;"
rec unsorted_limit "" "select * from orders where status = 'done' order by created limit 10" "create index concurrently on orders (status, created);"
rec uncovered_index "set enable_seqscan=off; set enable_bitmapscan=off;" "select amount from orders where customer_id < 300" "create index concurrently orders_covering on orders (customer_id) include (amount); drop index orders_customer; vacuum orders;" "set enable_seqscan=off; set enable_bitmapscan=off;"
OPT="analyze, verbose, buffers, wal"
echo "checkpoint" | $P
rec full_page_images "" "update items set order_id = order_id + 1 where id % 10 = 0" "update items set order_id = order_id where id % 10 = 1;" ""
OPT="analyze, verbose, buffers, serialize"
rec serialization_cost "" "select * from orders" "" "" "select count(*) from orders"
# Cold: the server is stopped, and the file's pages are dropped from the system's memory.
OPT="analyze, verbose, buffers"
echo "create table wide (t text); alter table wide alter t set storage plain; insert into wide select repeat('x', 6000) from generate_series(1, 1900); vacuum analyze wide" | $P
file=$(echo "select pg_relation_filepath('wide')" | $P)
su postgres -s /bin/bash -c "$bin/pg_ctl -D $d -w stop >/dev/null"; sync; dd if=$d/$file iflag=nocache count=0 2>/dev/null
su postgres -s /bin/bash -c "$bin/pg_ctl -D $d -w -l $d/log -o '-p $port -k /tmp -c fsync=off -c listen_addresses= -c shared_buffers=64MB -c jit=off -c timezone=UTC -c autovacuum=off -c io_method=sync' start >/dev/null"
rec cold_reads "set track_io_timing=on;" "select count(*) from wide" "" "set track_io_timing=on;"
su postgres -s /bin/bash -c "$bin/pg_ctl -D $d -w -m immediate stop >/dev/null"
rm -rf "$data"
