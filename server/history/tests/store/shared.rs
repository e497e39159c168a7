//! The shared store's own troubles: no rights, a newer schema, a database that goes away, extensions.

use std::path::Path;
use std::time::{Duration, Instant};

use history::{Address, Error, GapReason, History, Point, Settings};
use playground::{Server, ServerOptions};

use crate::workload::*;

const START: i64 = 1_780_000_000_000;

async fn connect(url: &str) -> Result<History, Error> {
    History::connect(&Address::parse(url).unwrap(), QUIET).await
}

fn tick(history: &History, number: i64, points: u64) {
    let points = (0..points).map(|n| Point::new(&statement(n), CALLS, 1.0)).collect();
    history.recorder().append(&source(), START + number * 1_000, 1_000, points);
}

/// One sentence that names the database and no secret.
#[track_caller]
fn assert_sentence(error: &Error, word: &str) {
    let text = error.to_string();
    assert!(
        text.ends_with('.') && !text.contains('\n') && text.contains("postgres://127.0.0.1:"),
        "{text}"
    );
    assert!(text.contains(word) && !text.contains("s3cret"), "{text}");
}

#[tokio::test]
async fn what_a_database_refuses_is_one_sentence() {
    refuses(&playground::server(17).await.unwrap()).await;
}

/// Once for each server.
pub async fn refuses(server: &Server) {
    server.exec("create role guest login password 's3cret'").await.unwrap();
    server.exec("create database guests").await.unwrap();
    let guest = |password: &str, database: &str| server.dsn_for("guest", password, database);
    assert_sentence(
        &connect(&guest("s3cret", "guests")).await.unwrap_err(),
        "permission denied for database",
    );
    assert_sentence(
        &connect(&guest("wrong", "guests")).await.unwrap_err(),
        "password authentication failed",
    );
    assert_sentence(&connect(&guest("s3cret", "nowhere")).await.unwrap_err(), "does not exist");
    // A schema of its own is enough.
    let admin = sqlx::PgPool::connect_lazy(&server.dsn_to("guests")).unwrap();
    let run = async |sql: &'static str| sqlx::query(sql).execute(&admin).await.unwrap();
    run("create schema pgdeck authorization guest").await;
    let history = connect(&guest("s3cret", "guests")).await.unwrap();
    tick(&history, 1, 1);
    history.close().await.unwrap();
    // Of a newer version.
    run("insert into pgdeck._sqlx_migrations values (900, 'from the future', now(), true, 'x', 0)")
        .await;
    let newer = connect(&guest("s3cret", "guests")).await.unwrap_err();
    assert_sentence(&newer, "newer pgdeck (schema 900, this one knows 3)");
}

#[tokio::test]
async fn a_database_that_is_away_loses_what_does_not_fit_and_says_so() {
    let mut server = playground::server(17).await.unwrap();
    let url = server.dsn();
    let settings = Settings { buffer: 400, ..QUIET };
    let history = History::connect(&Address::parse(&url).unwrap(), settings).await.unwrap();
    tick(&history, 1, 9);
    history.flush().await.unwrap();
    server.crash().await;
    for number in 2..100 {
        tick(&history, number, 9);
        if number == 9 {
            let error = history.flush().await.unwrap_err();
            assert_sentence(&error, "recording goes on when it can");
        }
    }
    assert!(history.stopped().unwrap().cause.contains("cannot be reached"));
    // A second one, started meanwhile, waits for it.
    let address = Address::parse(&url).unwrap();
    let (about, second) = tokio::join!(history.about(), History::connect(&address, settings));
    assert_sentence(&about.unwrap_err(), "cannot be reached");
    let second = second.unwrap();
    assert!(second.stopped().is_some());
    server.restart().await.unwrap();
    let until = Instant::now() + Duration::from_secs(30);
    while history.flush().await.is_err() {
        assert!(Instant::now() < until, "it does not go on");
    }
    assert!(history.stopped().is_none());
    tick(&history, 100, 9);
    history.flush().await.unwrap();
    second.flush().await.unwrap();
    assert_eq!(second.about().await.unwrap().shared.unwrap().processes, 2);
    let totals = history.totals(&source(), EVERYTHING, 0, i64::MAX / 2).await.unwrap();
    let gaps = history.gaps(&source(), 0, i64::MAX).await.unwrap();
    let [gap] = &gaps[..] else { panic!("{gaps:?}") };
    assert_eq!(gap.reason, GapReason::NotKept);
    assert!(gap.detail.contains("cannot be reached"), "{}", gap.detail);
    let missing = (gap.to_ms - gap.from_ms) / 1_000;
    assert_eq!(totals.ticks, 100 - missing as u64, "what is not told as lost is there");
    assert!(totals.rows.iter().all(|row| row.sum == totals.ticks as f64));
}

#[tokio::test]
async fn old_partitions_are_dropped_whole() {
    let server = playground::server(17).await.unwrap();
    let settings = Settings { retention: history::Retention::default(), ..QUIET };
    let address = Address::parse(&server.dsn()).unwrap();
    let history = History::connect(&address, settings).await.unwrap();
    for day in 0..40 {
        tick(&history, day * 86_400, 9);
        history.flush().await.unwrap();
    }
    let partitions = async || history.about().await.unwrap().shared.unwrap().partitions;
    assert_eq!(partitions().await, 40, "one a day");
    history.maintain(START + 60 * 86_400_000).await.unwrap();
    let left = partitions().await;
    assert!(left < 10, "{left} partitions");
    assert_eq!(history.about().await.unwrap().oldest_tick_ms, None);
    let end = START + 39 * 86_400_000;
    let totals = history.totals(&source(), EVERYTHING, START, end + 1).await.unwrap();
    assert_eq!(totals.ticks, 40, "hours are kept");
}

/// Functions by the names and parameters of TimescaleDB's manual, which do what it says of them with plain
/// tables. The extension itself is not to be had here: this shows that it is found and called, not how it works.
fn pretend(folder: &Path, name: &str, version: &str, sql: &str) {
    let folder = folder.join("extension");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(
        folder.join(format!("{name}.control")),
        format!("default_version = '{version}'\n"),
    )
    .unwrap();
    std::fs::write(folder.join(format!("{name}--{version}.sql")), sql).unwrap();
}

const TIMESCALE: &str = "
create table hypertable (name text, by_column text, width bigint);
create function create_hypertable(relation regclass, time_column_name name, chunk_time_interval anyelement default null::bigint, create_default_indexes boolean default true) returns text
language sql as 'insert into times.hypertable values (relation::text, time_column_name, chunk_time_interval) returning name';
create function drop_chunks(relation regclass, older_than bigint, newer_than bigint) returns bigint
language plpgsql as $$ declare n bigint; begin
    execute format('delete from %s where place < $1 and place >= $2', relation) using older_than, newer_than;
    get diagnostics n = row_count; return n; end $$;
";

#[tokio::test]
async fn extensions_are_found_and_told() {
    let folder = tempfile::tempdir().unwrap();
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    pretend(folder.path(), "timescaledb", "2.17.2", TIMESCALE);
    pretend(folder.path(), "citus", "12.1-1", "");
    let path = format!("{}:$system", folder.path().display());
    let server =
        ServerOptions::new(18).setting("extension_control_path", &path).start().await.unwrap();
    for (database, extension) in [("with_timescale", "timescaledb"), ("with_citus", "citus")] {
        server.exec(&format!("create database {database}")).await.unwrap();
        let admin = sqlx::PgPool::connect_lazy(&server.dsn_to(database)).unwrap();
        sqlx::query("create schema times").execute(&admin).await.unwrap();
        let create = format!("create extension {extension} schema times");
        sqlx::query(sqlx::AssertSqlSafe(create)).execute(&admin).await.unwrap();
    }
    let settings = Settings { retention: history::Retention::default(), ..QUIET };
    let open = |name: &str| Address::parse(&server.dsn_to(name)).unwrap();
    let times = History::connect(&open("with_timescale"), settings).await.unwrap();
    let about = times.about().await.unwrap().shared.unwrap();
    assert_eq!(about.partitioned_by.as_deref(), Some("TimescaleDB 2.17.2"));
    for number in 0..9 {
        tick(&times, number, 3);
    }
    times.flush().await.unwrap();
    times.maintain(START + 60 * 86_400_000).await.unwrap();
    assert_eq!(times.about().await.unwrap().samples, 0, "ticks are dropped, roll-ups kept");
    let totals = times.totals(&source(), EVERYTHING, START, START + 9_000).await.unwrap();
    assert_eq!(totals.ticks, 9);
    let citus = History::connect(&open("with_citus"), settings).await.unwrap();
    let about = citus.about().await.unwrap().shared.unwrap();
    assert_eq!((about.partitioned_by, about.not_used.as_deref()), (None, Some("Citus 12.1-1")));
}
