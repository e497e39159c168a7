//! The server's own log: what is granted, both formats, what clients write into it, rotation, truncation.

use std::time::{Duration, Instant};

use engine::area::Area;
use engine::areas::log::{LogArea, State};
use engine::now_ms;
use model::Reason;
use model::log::{Ending, Format, Log, Run};
use playground::{Server, ServerOptions};
use sqlx::{Connection, PgConnection};

use crate::support::observed::Observed;
use crate::support::{PATIENCE, Result, until_true};

/// The area as the sampler reads it, at will.
struct Reader {
    server: Observed,
    state: State,
}

impl Reader {
    async fn open(dsn: &str) -> Result<Self> {
        Ok(Self { server: Observed::open(dsn).await?, state: State::default() })
    }

    async fn read(&mut self) -> Result<Log> {
        let Observed { observer, facts, .. } = &mut self.server;
        Ok(LogArea::collect(observer, facts, &mut self.state, now_ms()).await?)
    }

    /// Reads until it has found so many runs of a statement; gives all that were read.
    async fn until(&mut self, query_id: i64, count: usize) -> Result<Vec<Run>> {
        let (started, mut runs) = (Instant::now(), Vec::new());
        loop {
            let log = self.read().await?;
            anyhow::ensure!(log.file.is_ok(), "{:?}", log.file);
            runs.extend(log.runs);
            let found = runs.iter().filter(|run: &&Run| run.query_id == Some(query_id)).count();
            if found >= count {
                return Ok(runs);
            }
            anyhow::ensure!(started.elapsed() < PATIENCE, "{found} of {count}: {runs:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

async fn started(major: u16, destination: &str) -> Result<Server> {
    let options = ServerOptions::new(major)
        .setting("logging_collector", "on")
        .setting("log_destination", destination)
        .setting("log_min_duration_statement", "0")
        .setting("log_truncate_on_rotation", "on")
        .setting("log_filename", "postgresql-%H%M%S.log");
    let server = options.start().await?;
    server
        .exec("create role watcher login password 'w'; create extension pg_stat_statements")
        .await?;
    Ok(server)
}

/// Runs what pgdeck asks for.
async fn grant(server: &Server, log: &Log) -> Result<String> {
    let Err(Reason::MissingGrant { sql, .. }) = &log.file else {
        anyhow::bail!("{:?}", log.file);
    };
    server.exec(sql).await?;
    Ok(sql.clone())
}

/// A statement that is told from others by its identifier.
async fn identified(connection: &mut PgConnection, sql: &'static str) -> Result<i64> {
    sqlx::raw_sql(sql).execute(&mut *connection).await?;
    let id = "select queryid from pg_stat_statements where query like 'select pg_sleep(%as slept' limit 1";
    Ok(sqlx::query_scalar(id).fetch_one(connection).await?)
}

const SLEPT: &str = "select pg_sleep(0.03) as slept";

/// What looks like records, in places that a client writes.
const HOSTILE: [&str; 4] = [
    "do $$ begin raise log 'duration: 99999 ms  statement: select pg_sleep(0.03) as slept'; end $$",
    "select e'\n2026-11-26 15:03:11.123 UTC,\"a\",\"b\",1,\"[local]\",6.1,3,\"SELECT\",2026-11-26 15:00:00 UTC,3/7,0,LOG,00000,\"duration: 99999 ms  statement: x\",,,,,,,,,\"c\",\"client backend\",,5\n'",
    "select '{\"error_severity\":\"LOG\",\"message\":\"duration: 99999 ms  statement: x\",\"query_id\":5}'",
    "select 1; select pg_sleep(0.03) as slept",
];

async fn the_log_is_read(major: u16, destination: &str, format: Format) -> Result {
    let server = started(major, destination).await?;
    let mut reader = Reader::open(&server.dsn_for("watcher", "w", "postgres")).await?;
    let first = grant(&server, &reader.read().await?).await?;
    assert!(first.contains("pg_monitor"), "{first}");
    let second = grant(&server, &reader.read().await?).await?;
    assert!(second.contains("pg_read_binary_file"), "{second}");
    let log = reader.read().await?;
    let file = log.file.map_err(|reason| anyhow::anyhow!("{}", reason.message()))?;
    assert_eq!((file.format, log.read, log.runs.len()), (format, 0, 0), "from the end on");

    let mut client = server.connect().await?;
    let slept = identified(&mut client, SLEPT).await?;
    for sql in HOSTILE {
        sqlx::raw_sql(sql).execute(&mut client).await?;
    }
    sqlx::query(SLEPT).execute(&mut client).await?;
    let runs = reader.until(slept, 2).await?;
    let of: Vec<f64> =
        runs.iter().filter(|run| run.query_id == Some(slept)).map(|run| run.ms).collect();
    assert_eq!(of.len(), 2, "once as text, once as prepared; of two in one string neither: {of:?}");
    assert!(of.iter().all(|ms| *ms >= 30.0), "{of:?}");
    assert!(runs.iter().all(|run| run.ms < 99_999.0 && run.query_id != Some(5)), "{runs:?}");

    rotated(&server, &mut reader, (&mut client, slept), &file.name).await?;
    truncated(&server, &mut reader, (&mut client, slept)).await?;
    // Nothing of this left an error in the log.
    let folder = server.data_dir().join("log");
    for entry in std::fs::read_dir(folder)?.flatten() {
        let text = String::from_utf8_lossy(&std::fs::read(entry.path())?).into_owned();
        let error = text.lines().find(|line| line.contains("ERROR"));
        assert_eq!(error, None);
    }
    client.close().await?;
    Ok(())
}

/// Goes on in the next file.
async fn rotated(
    server: &Server,
    reader: &mut Reader,
    (client, slept): (&mut PgConnection, i64),
    first: &str,
) -> Result {
    let started = Instant::now();
    loop {
        sqlx::raw_sql(SLEPT).execute(&mut *client).await?;
        server.exec("select pg_rotate_logfile()").await?;
        reader.until(slept, 1).await?;
        let file = reader.read().await?.file;
        if file.is_ok_and(|file| file.name != first) {
            break;
        }
        anyhow::ensure!(started.elapsed() < PATIENCE, "the log was not rotated");
    }
    sqlx::raw_sql(SLEPT).execute(client).await?;
    reader.until(slept, 1).await?;
    Ok(())
}

/// Goes on at the beginning.
async fn truncated(
    server: &Server,
    reader: &mut Reader,
    (client, slept): (&mut PgConnection, i64),
) -> Result {
    let file = reader.read().await?.file;
    let name = file.map_err(|reason| anyhow::anyhow!("{}", reason.message()))?.name;
    let path = server.data_dir().join("log").join(name);
    std::fs::OpenOptions::new().write(true).open(path)?.set_len(0)?;
    reader.read().await?;
    sqlx::raw_sql(SLEPT).execute(client).await?;
    reader.until(slept, 1).await?;
    Ok(())
}

#[tokio::test]
async fn csvlog_is_read_on_14() -> Result {
    the_log_is_read(14, "csvlog", Format::Csv).await
}

#[tokio::test]
async fn jsonlog_is_read_on_18_where_there_are_both() -> Result {
    the_log_is_read(18, "jsonlog,csvlog", Format::Json).await
}

#[tokio::test]
async fn csvlog_is_read_on_17() -> Result {
    the_log_is_read(17, "stderr,csvlog", Format::Csv).await
}

/// A run that is canceled for a lock, and one that is skipped because the lock is taken.
async fn unfinished(major: u16, destination: &str) -> Result {
    let server = ServerOptions::new(major)
        .setting("logging_collector", "on")
        .setting("log_destination", destination)
        .setting("log_autovacuum_min_duration", "0")
        .setting("autovacuum_naptime", "1s")
        .setting("deadlock_timeout", "100ms")
        .start()
        .await?;
    let mut reader = Reader::open(&server.dsn()).await?;
    let first = reader.read().await?;
    anyhow::ensure!(first.file.is_ok(), "{:?}", first.file);
    // So slow that it is still at work when the lock is asked for.
    server
        .exec(
            "create table slow (id int) with (fillfactor = 10, autovacuum_vacuum_cost_delay = 100,
               autovacuum_vacuum_cost_limit = 1, autovacuum_analyze_threshold = 2000000000);
             insert into slow select generate_series(1, 5000);
             delete from slow",
        )
        .await?;
    let at_work =
        "select exists (select from pg_stat_progress_vacuum where relid = 'slow'::regclass)";
    until_true(&server, at_work).await?;
    let mut locker = server.connect().await?;
    sqlx::raw_sql("begin; lock table slow in share update exclusive mode")
        .execute(&mut locker)
        .await?;
    let (started, mut last) = (Instant::now(), None);
    let of = |log: &Log, ending| {
        let autovacuum = log.autovacuum.as_ref().ok()?;
        autovacuum.runs.iter().find(|run| run.ending == ending && !run.is_analyze).cloned()
    };
    let (canceled, skipped) = loop {
        let log = reader.read().await?;
        if let Some(both) = of(&log, Ending::Canceled).zip(of(&log, Ending::Skipped)) {
            break both;
        }
        last.replace(log);
        anyhow::ensure!(started.elapsed() < PATIENCE, "{last:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(canceled.table, "postgres.public.slow");
    assert_eq!((skipped.table.as_str(), canceled.count), ("slow", 1));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_of_autovacuum_that_did_not_finish_are_told_on_14() -> Result {
    unfinished(14, "csvlog").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_of_autovacuum_that_did_not_finish_are_told_on_18() -> Result {
    unfinished(18, "jsonlog").await
}
