//! What we say of autovacuum beside what it does: when a table is due, which is taken first, and when it would have
//! run.

mod own_settings;

use engine::area::Area;
use engine::areas::tables::TablesArea;
use model::autovacuum::simulation::{Step, simulate};
use model::autovacuum::{Options, Place, Pressure, Queue, Trigger, queue};
use model::tables::{Table, Tables};
use playground::{Server, ServerOptions};

use crate::support::observed::Observed;
use crate::support::{Result, until_true};

/// Rounds of the queue on each major.
const ROUNDS: usize = 10;

async fn server(major: u16, autovacuum: &str) -> Result<Server> {
    let options = ServerOptions::new(major)
        .setting("autovacuum", autovacuum)
        .setting("autovacuum_naptime", "1s")
        .setting("autovacuum_max_workers", "1")
        .setting("log_autovacuum_min_duration", "0");
    Ok(options.start().await?)
}

/// All tables of the server, read anew.
async fn look(server: &Server) -> Result<Tables> {
    let Observed { mut observer, facts, .. } = Observed::open(&server.dsn()).await?;
    let mut state = <TablesArea as Area>::State::default();
    Ok(TablesArea::collect(&mut observer, &facts, &mut state, engine::now_ms()).await?)
}

fn found<'a>(queue: &'a Queue, name: &str) -> Option<&'a Place> {
    let mut all = queue.due.iter().chain(&queue.waiting);
    all.find(|place| place.relname == name && place.datname == "postgres" && !place.is_toast)
}

fn pressure(tables: &Tables, major: u16, name: &str, trigger: Trigger) -> Result<Pressure> {
    let queue = queue(tables, major);
    let place = found(&queue, name).ok_or_else(|| anyhow::anyhow!("no table {name}"))?;
    let one = place.pressures.iter().find(|one| one.trigger == trigger);
    one.copied().ok_or_else(|| anyhow::anyhow!("{name}: {:?}", place.pressures))
}

/// Waits until autovacuum has come by twice, which a table that is due shows.
async fn two_rounds(server: &Server) -> Result {
    for _ in 0..2 {
        server.exec("delete from sentinel; insert into sentinel values (1)").await?;
        until_true(
            server,
            "select autovacuum_count > (select count(*) from seen)
               from pg_stat_all_tables where relname = 'sentinel'",
        )
        .await?;
        let seen = "insert into seen select 1 from generate_series(1,
                      (select autovacuum_count from pg_stat_all_tables where relname = 'sentinel')
                      - (select count(*) from seen))";
        server.exec(seen).await?;
    }
    Ok(())
}

/// A table with what makes it due.
struct Grown {
    name: &'static str,
    trigger: Trigger,
    column: &'static str,
    /// The statement that adds so many to a value.
    grow: fn(i64, i64) -> String,
}

const GROWN: [Grown; 3] = [
    Grown {
        name: "dead",
        trigger: Trigger::DeadRows,
        column: "n_dead_tup",
        grow: |value, more| {
            format!("delete from dead where id > {value} and id <= {}", value + more)
        },
    },
    Grown {
        name: "grown",
        trigger: Trigger::Inserts,
        column: "n_ins_since_vacuum",
        grow: |_, more| format!("insert into grown select generate_series(1, {more})"),
    },
    Grown {
        name: "changed",
        trigger: Trigger::Analyze,
        column: "n_mod_since_analyze",
        grow: |_, more| format!("insert into changed select generate_series(1, {more})"),
    },
];

/// Each value is brought to its threshold as it is told there, where nothing is taken; one more is due.
async fn fires_above(server: &Server) -> Result {
    let before = look(server).await?;
    for one in &GROWN {
        let at = pressure(&before, server.major(), one.name, one.trigger)?;
        let (value, threshold) = (at.value as i64, at.threshold.floor() as i64);
        server.exec(&(one.grow)(value, threshold - value)).await?;
        let (column, name) = (one.column, one.name);
        let counted = format!(
            "select {column} >= {threshold} from pg_stat_all_tables where relname = '{name}'"
        );
        until_true(server, &counted).await?;
    }
    let full = look(server).await?;
    two_rounds(server).await?;
    let mut session = server.connect().await?;
    for one in &GROWN {
        let at = pressure(&full, server.major(), one.name, one.trigger)?;
        assert!(!at.is_due() && at.value == at.threshold.floor(), "{} {at:?}", one.name);
        let sql = "select autovacuum_count + autoanalyze_count = 0 from pg_stat_all_tables where relname = $1";
        let quiet: bool = sqlx::query_scalar(sql).bind(one.name).fetch_one(&mut session).await?;
        assert!(quiet, "{} was taken at its threshold: {at:?}\n{}", one.name, server.log());
        server.exec(&(one.grow)(at.value as i64, 1)).await?;
    }
    for one in &GROWN {
        let taken = format!(
            "select autovacuum_count + autoanalyze_count > 0 from pg_stat_all_tables where relname = '{}'",
            one.name
        );
        until_true(server, &taken).await?;
    }
    Ok(())
}

async fn triggers(major: u16) -> Result {
    let server = server(major, "on").await?;
    let other = "autovacuum_analyze_threshold = 1000000, autovacuum_vacuum_insert_threshold = -1";
    server
        .exec(&format!(
            "create table seen (one int) with (autovacuum_enabled = off);
             create table sentinel (one int) with (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0);
             create table dead (id int) with ({other});
             insert into dead select generate_series(1, 3001);
             create table grown (id int) with (autovacuum_analyze_threshold = 1000000);
             insert into grown select generate_series(1, 777);
             create table changed (id int) with (autovacuum_vacuum_insert_threshold = -1);
             insert into changed select generate_series(1, 501);
             create table old (id int) with (autovacuum_enabled = off, autovacuum_freeze_max_age = 100000);
             insert into sentinel values (1)"
        ))
        .await?;
    for table in ["dead", "grown", "changed"] {
        server.exec(&format!("vacuum (freeze, analyze) {table}")).await?;
    }
    server.exec("select pg_stat_reset()").await?;
    server.exec("delete from seen").await?;
    fires_above(&server).await?;
    let age = pressure(&look(&server).await?, major, "old", Trigger::Wraparound)?;
    assert!(!age.is_due() && age.threshold == 100_000.0, "{age:?}");
    server
        .exec("do $$ begin for i in 1..101000 loop perform pg_current_xact_id(); commit; end loop; end $$")
        .await?;
    until_true(&server, "select autovacuum_count > 0 from pg_stat_all_tables where relname = 'old'")
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_trigger_fires_above_its_threshold_on_14() -> Result {
    triggers(14).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_trigger_fires_above_its_threshold_on_16() -> Result {
    triggers(16).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_trigger_fires_above_its_threshold_on_18() -> Result {
    triggers(18).await
}

/// The name in the server's log.
fn logged(place: &Place, tables: &Tables) -> String {
    let of = tables.databases.iter().filter_map(|one| one.known()).flat_map(|read| &read.tables);
    let owner = of.into_iter().find(|table| {
        table.toast.as_ref().is_some_and(|toast| place.is_toast && toast.oid == place.oid)
    });
    match owner {
        Some(table) => format!("{}.pg_toast.pg_toast_{}", place.datname, table.oid),
        None => format!("{}.{}.{}", place.datname, place.nspname, place.relname),
    }
}

/// The first table of our database that the log says was taken behind a place in it.
fn first_taken(log: &str, from: usize) -> Option<String> {
    let lines = log.get(from..)?.lines().filter(|line| line.contains("automatic "));
    let mut tables = lines.filter_map(|line| line.split('"').nth(1));
    tables.find(|table| table.starts_with("postgres.")).map(str::to_owned)
}

/// The same, as if autovacuum were on already.
fn as_if_on(mut tables: Tables) -> Result<Tables> {
    for database in &mut tables.databases {
        let read = database.value.as_mut().map_err(|reason| anyhow::anyhow!(reason.message()))?;
        std::sync::Arc::make_mut(read).autovacuum.enabled = true;
    }
    Ok(tables)
}

async fn rounds(major: u16) -> Result {
    let server = server(major, "off").await?;
    // Places in pg_class that became free are taken by later tables: its order is not that of names or oids.
    for round in 0..3 {
        for i in 0..8 {
            let sql = format!(
                "drop table if exists t{i}; create table t{i} (id int, note text) with (autovacuum_vacuum_threshold = 10, autovacuum_vacuum_scale_factor = 0)"
            );
            server.exec(&sql).await?;
        }
        server.exec("vacuum pg_class").await?;
        server.exec(&format!("create table filler{round} (id int)")).await?;
    }
    let mut right = 0;
    for round in 0..ROUNDS {
        for step in [0, 3, 4] {
            let i = (round * 5 + step * 3) % 8;
            server
                .exec(&format!(
                    "insert into t{i} select generate_series(1, {}); delete from t{i}",
                    50 + 100 * step
                ))
                .await?;
            until_true(
                &server,
                &format!("select n_dead_tup > 10 from pg_stat_all_tables where relname = 't{i}'"),
            )
            .await?;
        }
        let tables = as_if_on(look(&server).await?)?;
        let queue = queue(&tables, major);
        // Which database the launcher takes first, no view tells.
        let mut ours = queue.due.iter().filter(|place| place.datname == "postgres");
        let first = ours.next().map(|place| logged(place, &tables));
        let from = server.log().len();
        server.exec("alter system set autovacuum = on").await?;
        server.exec("select pg_reload_conf()").await?;
        until_true(&server, "select sum(n_dead_tup) filter (where n_dead_tup > 10) is null from pg_stat_user_tables where relname like 't_'").await?;
        server.exec("alter system set autovacuum = off").await?;
        server.exec("select pg_reload_conf()").await?;
        until_true(&server, "select not exists (select from pg_stat_activity where backend_type like 'autovacuum%')").await?;
        let taken = first_taken(&server.log(), from);
        if taken.is_some() && taken == first {
            right += 1;
        } else {
            println!("round {round} on {major}: we said {first:?}, the log {taken:?}");
        }
    }
    println!("{right} of {ROUNDS} rounds on {major}");
    assert!(right >= 9, "{right} of {ROUNDS} rounds on {major}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_in_the_queue_is_taken_first_on_14() -> Result {
    rounds(14).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_in_the_queue_is_taken_first_on_16() -> Result {
    rounds(16).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_in_the_queue_is_taken_first_on_18() -> Result {
    rounds(18).await
}

/// Half a minute of changes, with a reading four times a second.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_simulated_past_is_the_past() -> Result {
    const NAPTIME_MS: i64 = 1_000;
    let server = server(17, "on").await?;
    server
        .exec("create table churn (id int) with (autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0.1, autovacuum_analyze_threshold = 1000000);
               insert into churn select generate_series(1, 2000)")
        .await?;
    server.exec("vacuum analyze churn").await?;
    let tables = look(&server).await?;
    let all = tables.databases.iter().filter_map(|one| one.known());
    let (table, settings) = all
        .flat_map(|read| read.tables.iter().map(|table| (table, &read.autovacuum)))
        .find(|(table, _)| table.relname == "churn")
        .ok_or_else(|| anyhow::anyhow!("no table churn"))?;
    let (table, settings): (Table, _) = (table.as_ref().clone(), settings.clone());
    let (mut session, mut steps, mut runs) = (server.connect().await?, Vec::new(), Vec::new());
    let mut before = (0.0, 0.0, 0.0);
    for i in 0..140_i64 {
        // Updated rows would be pruned on the way.
        let (place, from) = (i % 40, i % 40 + 1);
        let sql = format!(
            "delete from churn where id % 40 = {place}; insert into churn select generate_series({from}, 2000, 40)"
        );
        server.exec(&sql).await?;
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        let read: Vec<Option<f64>> = sqlx::query_scalar(
            "select array[extract(epoch from clock_timestamp()) * 1000, n_tup_ins, n_tup_upd, n_tup_del, n_dead_tup,
                          n_ins_since_vacuum, n_mod_since_analyze, c.reltuples, n_live_tup,
                          extract(epoch from last_autovacuum) * 1000]::float8[]
               from pg_stat_all_tables s join pg_class c on c.oid = s.relid where s.relname = 'churn'",
        )
        .fetch_one(&mut session)
        .await?;
        let number = |at: usize| read.get(at).copied().flatten().unwrap_or_default();
        let sums = (number(1), number(2), number(3));
        steps.push(Step {
            at_ms: number(0) as i64,
            inserted: sums.0 - before.0,
            updated: sums.1 - before.1,
            deleted: sums.2 - before.2,
            dead: number(4),
            inserted_since_vacuum: number(5),
            changed_since_analyze: number(6),
            reltuples: Some(number(7)),
            live: number(8),
            xid_age: None,
        });
        before = sums;
        if let Some(at) = read.get(9).copied().flatten()
            && runs.last() != Some(&(at as i64))
        {
            runs.push(at as i64);
        }
    }
    let options = Options::of_table(&settings, &table);
    let first = steps.first().map_or(0, |step| step.at_ms);
    assert!(runs.len() >= 3, "{runs:?}");
    // Beside the naptime: how far apart readings are.
    let apart = steps.iter().zip(steps.iter().skip(1)).map(|(a, b)| b.at_ms - a.at_ms).max();
    let near = NAPTIME_MS + apart.unwrap_or_default();
    // From what stood after each run, when the next comes.
    for (run, next) in runs.iter().zip(runs.iter().skip(1)) {
        let after: Vec<Step> = steps.iter().filter(|step| step.at_ms > *run).copied().collect();
        let simulated = simulate(&after, &options, &settings, 1.0);
        let simulated = simulated.first().map_or(0, |run| run.at_ms);
        println!("it ran after {} ms, simulated {} ms", next - first, simulated - first);
        assert!((next - simulated).abs() <= near, "{near} {runs:?}");
    }
    Ok(())
}
