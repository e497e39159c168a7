#!/bin/bash
# Records fixtures/rules/jit_cost on a server that has LLVM; the playground's servers have none.
# Usage: jit.sh PORT, of a throw-away server with an empty database that psql reaches in /tmp.
set -u; cd "$(dirname "$0")"; out=../fixtures/rules/jit_cost; mkdir -p $out
P="psql -X -q -h /tmp -p $1 -U postgres -v ON_ERROR_STOP=1 -At"
$P -c "create table orders (id int primary key, customer_id int not null, status text not null, amount numeric not null)" -c "insert into orders select g, g % 5000, case when g % 50 = 0 then 'open' else 'done' end, g % 1000 from generate_series(1, 60000) g" -c "vacuum analyze"
q="select status, sum(amount * 2), count(*) filter (where amount > 5) from orders where customer_id % 3 = 1 group by status"
rec(){ echo "begin; set max_parallel_workers_per_gather = 0; $2 explain (analyze, verbose, buffers, settings) $q; rollback;" | $P > $out/$1.txt; }
rec fires "set jit = on; set jit_above_cost = 0; set jit_optimize_above_cost = 0; set jit_inline_above_cost = 0;"
rec quiet "set jit = off;"
