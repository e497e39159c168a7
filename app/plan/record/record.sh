#!/bin/bash
# Records fixtures/MAJOR: the statements in four formats, and frames.
# Usage: record.sh MAJOR BIN, BIN being the folder with that major's initdb, pg_ctl and postgres.
# Runs as root and starts a throw-away server as the user postgres; needs psql.
set -u; cd "$(dirname "$0")"
m=$1; bin=$2; port=59${m}7; data=$(mktemp -d /tmp/plan-record-XXXX); chmod 755 "$data"
d=$data/data$m; out=../fixtures/$m; rm -rf $d; mkdir -p $d $out; chown postgres $d
su postgres -s /bin/bash -c "$bin/initdb --no-sync -D $d -A trust -U postgres --no-locale -E UTF8 >/dev/null && $bin/pg_ctl -D $d -w -l $d/log -o '-p $port -k /tmp -c fsync=off -c listen_addresses= -c shared_buffers=32MB -c max_parallel_workers_per_gather=2 -c jit=off -c timezone=UTC -c autovacuum=off' start >/dev/null"
P="psql -X -q -h /tmp -p $port -U postgres -v ON_ERROR_STOP=1"
$P -f schema.sql || exit 1
for f in statements/*.sql; do n=$(basename $f .sql); 
  for fmt in text json yaml xml; do ext=$fmt; [ $fmt = text ] && ext=txt
  set="set jit = off;"
  case $n in
    parallel*) set="set parallel_setup_cost=0; set parallel_tuple_cost=0; set min_parallel_table_scan_size=0;";;
    sort_spill) set="set work_mem='128kB'; set max_parallel_workers_per_gather=0;";;
    jit) set="set jit=on; set jit_above_cost=0; set max_parallel_workers_per_gather=0;";;
    memoize) set="set max_parallel_workers_per_gather=0; set enable_hashjoin=off; set enable_mergejoin=off;";;
    hash_join) set="set max_parallel_workers_per_gather=0; set work_mem='64kB';";;
    *) set="set max_parallel_workers_per_gather=0;";;
  esac
  opt="analyze, verbose, buffers, settings"
  case $n in nested_loop) opt="analyze, buffers false";; index_scan) opt="costs";; window) opt="analyze, timing off, costs off, summary off";; update|upsert) opt="analyze, buffers, wal, verbose";; seq_scan) set="set track_io_timing=on; set max_parallel_workers_per_gather=0;"; [ $m -ge 17 ] && opt="$opt, memory, serialize";; esac
  (echo "begin; $set"; echo "explain ($opt, format $fmt) $(cat $f);"; echo "rollback;") | $P -At -f - > $out/$n.$ext || echo "FAIL $m $n $fmt"
  done; done
# frames: one plan in each border and line style, and wrapped
for border in 0 1 2; do for style in ascii old-ascii unicode; do
 $P -P border=$border -P linestyle=$style -c "explain (analyze) $(cat statements/nested_loop.sql)" > $out/frame_${border}_$style.txt
 $P -P border=$border -P linestyle=$style -c "explain (analyze, format json) $(cat statements/nested_loop.sql)" > $out/frame_${border}_$style.json
 $P -P border=$border -P linestyle=$style -P format=wrapped -P columns=70 -c "explain (analyze) $(cat statements/nested_loop.sql)" > $out/wrapped_${border}_$style.txt
done; done
$P -x -c "explain (analyze) $(cat statements/nested_loop.sql)" > $out/frame_expanded.txt
su postgres -s /bin/bash -c "$bin/pg_ctl -D $d -w -m immediate stop >/dev/null"
rm -rf "$data"
