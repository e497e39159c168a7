#!/bin/bash
# Records fixtures/log: what auto_explain writes.
# Usage: log.sh MAJOR BIN, BIN being the folder with that major's initdb, pg_ctl and postgres.
# Runs as root and starts a throw-away server as the user postgres; needs psql.
set -u; cd "$(dirname "$0")"
m=$1; bin=$2; port=59${m}7; data=$(mktemp -d /tmp/plan-record-XXXX); chmod 755 "$data"
d=$data/log$m; out=../fixtures/log; rm -rf $d; mkdir -p $d $out; chown postgres $d
dest=stderr,csvlog; [ $m -ge 15 ] && dest=$dest,jsonlog
su postgres -s /bin/bash -c "$bin/initdb --no-sync -D $d -A trust -U postgres --no-locale -E UTF8 >/dev/null && $bin/pg_ctl -D $d -w -l $d/log -o '-p $port -k /tmp -c fsync=off -c listen_addresses= -c shared_buffers=32MB -c jit=off -c timezone=UTC -c logging_collector=on -c log_destination=$dest -c log_directory=logs -c log_filename=pg -c shared_preload_libraries=auto_explain -c auto_explain.log_analyze=on -c auto_explain.log_buffers=on' start >/dev/null"
P="psql -X -q -h /tmp -p $port -U postgres"
$P -f schema.sql
( for f in text json yaml xml; do echo "set auto_explain.log_format = $f; set auto_explain.log_min_duration = 0; set auto_explain.log_verbose = on;
select count(*)
  from orders o -- \"quoted\"
 where o.status = 'it''s, open' or note is null;
select c.name, o.amount
  from customers c join orders o on o.customer_id = c.id
 where c.id < 20 and c.note <> 'a \"b\", c' limit 5;
set auto_explain.log_min_duration = -1;"; done ) | $P -At -f - >/dev/null
sleep 1
su postgres -s /bin/bash -c "$bin/pg_ctl -D $d -w -m fast stop >/dev/null"
ls $d/logs; for e in log csv json; do [ -f $d/logs/pg.$e ] && cp $d/logs/pg.$e $out/$m.$e; done; [ -f $d/logs/pg ] && cp $d/logs/pg $out/$m.log
rm -rf "$data"
