//! Servers that lie: malformed messages, floods, answers beyond every limit, text in another encoding. The
//! server is shown as lost or the part as unknown, never as up; the others go on; it heals by itself.

mod support;

use std::sync::Arc;
use std::time::Duration;

use engine::areas::activity::ActivityArea;
use engine::areas::locks::LocksArea;
use engine::connection::{Budget, Observer};
use engine::dsn::Environment;
use engine::overhead::Overhead;
use engine::record::check_within;
use engine::sql::SqlFile;
use engine::{Dsn, Limits};
use model::server::ConnectionState;
use model::{AreaName, Reason, ServerId};
use playground::{Fault, FaultProxy};
use support::{Result, after_ticks, is_fresh, is_up, monitored, until, watch, watcher};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

/// Floods take the machine's time: how soon a server is read again is asked in `faults/main.rs`.
const HEALS_WITHIN: Duration = support::PATIENCE;
/// Two deadlines of four seconds and what the machine needs.
const NOTICED_WITHIN: Duration = support::PATIENCE;

/// `begin` has ended, and rows with one text column follow.
const ROWS_FOLLOW: &[u8] =
    b"C\0\0\0\x0aBEGIN\0T\0\0\0\x1a\0\x01x\0\0\0\0\0\0\0\0\0\0\x19\xff\xff\xff\xff\xff\xff\0\0";

/// Messages that sqlx reads beyond the end of.
const MALFORMED: [(&str, &[u8]); 5] = [
    (
        "a row without its column",
        b"C\0\0\0\x0aBEGIN\0T\0\0\0\x1a\0\x01x\0\0\0\0\0\0\0\0\0\0\x19\xff\xff\xff\xff\xff\xff\0\0D\0\0\0\x06\0\0C\0\0\0\x0dSELECT 1\0",
    ),
    (
        "a value longer than its message",
        b"C\0\0\0\x0aBEGIN\0T\0\0\0\x1a\0\x01x\0\0\0\0\0\0\0\0\0\0\x19\xff\xff\xff\xff\xff\xff\0\0D\0\0\0\x0b\0\x01\0\0\x0f\xffaC\0\0\0\x0dSELECT 1\0",
    ),
    ("65,535 columns in a message that holds none", b"T\0\0\0\x08\xff\xffx\0"),
    ("a message of length 0", b"R\0\0\0\0"),
    ("a message of length 3", b"R\0\0\0\x03"),
];

fn is_lost(link: &ConnectionState) -> bool {
    matches!(link, ConnectionState::Lost { .. })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_malformed_answer_is_named_and_the_server_is_read_again() -> Result {
    let server = monitored(17).await?;
    let proxy = FaultProxy::before(&server).await?;
    let engine = watch(&[("liar", proxy.dsn_for("watcher", "w", "postgres"))])?;
    until(&engine, "liar", HEALS_WITHIN, is_up).await?;
    for (what, bytes) in MALFORMED {
        proxy.set(Fault::Instead(bytes));
        until(&engine, "liar", HEALS_WITHIN, |link| {
            matches!(link, ConnectionState::Lost { reason, .. }
                if reason.message().contains("malformed") || reason.message().contains("does not speak"))
        })
        .await
        .map_err(|error| error.context(what))?;
        assert!(engine.findings(&ServerId::new("liar")).0.is_empty(), "{what}");
        proxy.set(Fault::Pass);
        until(&engine, "liar", HEALS_WITHIN, is_up).await.map_err(|error| error.context(what))?;
    }
    engine.stop().await;
    Ok(())
}

/// The flood of rows ends by the limits of an answer, that of parameters by the relay's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_never_pauses_holds_nobody_else() -> Result {
    let server = monitored(17).await?;
    let other = monitored(17).await?;
    let rows = FaultProxy::before(&server).await?;
    let parameters = FaultProxy::before(&server).await?;
    let engine = watch(&[
        ("rows", rows.dsn_for("watcher", "w", "postgres")),
        ("parameters", parameters.dsn_for("watcher", "w", "postgres")),
        ("other", watcher(&other)),
    ])?;
    for name in ["rows", "parameters", "other"] {
        until(&engine, name, HEALS_WITHIN, is_up).await?;
    }
    rows.set(Fault::Flood(ROWS_FOLLOW, b"D\0\0\0\x0b\0\x01\0\0\0\x01a"));
    parameters.set(Fault::Flood(b"", b"S\0\0\0\x08a\0b\0"));
    until(&engine, "rows", NOTICED_WITHIN, is_lost).await?;
    // The other server goes on.
    after_ticks(&engine, "other", (AreaName::Activity, 4), async || Ok(())).await?;
    until(&engine, "other", HEALS_WITHIN, |_| is_fresh(&engine, "other")).await?;
    // A look from the command line gives up instead of waiting for ever.
    let config = support::config("parameters", &parameters.dsn_for("watcher", "w", "postgres"))?;
    let looked = check_within(config, Limits::default(), Duration::from_secs(2)).await;
    assert!(matches!(looked, Err(Reason::Unreachable { .. })), "{looked:?}");
    until(&engine, "parameters", NOTICED_WITHIN, is_lost).await?;
    rows.set(Fault::Pass);
    parameters.set(Fault::Pass);
    until(&engine, "rows", HEALS_WITHIN, is_up).await?;
    until(&engine, "parameters", HEALS_WITHIN, is_up).await?;
    engine.stop().await;
    Ok(())
}

#[tokio::test]
async fn an_answer_beyond_the_limits_loses_itself_only() -> Result {
    const ROWS: SqlFile = SqlFile {
        floor: 14,
        name: "rows.14.sql",
        text: "select n from pg_catalog.generate_series(1, 120000) n",
    };
    const BYTES: SqlFile = SqlFile {
        floor: 14,
        name: "bytes.14.sql",
        text: "select pg_catalog.repeat('x', 1000000) from pg_catalog.generate_series(1, 80)",
    };
    const ONE: SqlFile = SqlFile { floor: 14, name: "one.14.sql", text: "select 1 as n" };
    let server = monitored(17).await?;
    let dsn = Dsn::parse(&watcher(&server), &Environment::empty())?;
    for large in [ROWS, BYTES] {
        let started = std::time::Instant::now();
        // A busy machine may not get so much through within our deadline: then it is tried again.
        let answers = loop {
            let overhead = Arc::new(Overhead::default());
            let opened = Observer::open(&dsn, &Budget::default(), overhead).await;
            let mut observer = opened.map_err(|reason| anyhow::anyhow!("{reason:?}"))?;
            match observer.read(&[ONE, large]).await {
                Ok(answers) => break answers,
                Err(reason) => anyhow::ensure!(started.elapsed() < HEALS_WITHIN, "{reason:?}"),
            }
        };
        let sizes: Vec<_> = answers.iter().map(|answer| answer.as_ref().map(drop)).collect();
        let [Ok(()), Err(Reason::TooLarge { what, .. })] = &sizes[..] else {
            anyhow::bail!("{}: {sizes:?}", large.name);
        };
        assert_eq!(what, large.name);
    }
    Ok(())
}

/// `pg_stat_activity` hands out the bytes of other databases as they are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn text_in_another_encoding_hides_no_session() -> Result {
    for major in [14, 18] {
        encodings_on(major).await.map_err(|error| error.context(format!("on {major}")))?;
    }
    Ok(())
}

async fn encodings_on(major: u16) -> Result {
    let server = monitored(major).await?;
    for (name, encoding) in [("lat", "LATIN1"), ("ascii", "SQL_ASCII")] {
        server
            .exec(&format!(
                "create database {name} encoding '{encoding}' template template0 lc_collate 'C' lc_ctype 'C'"
            ))
            .await?;
    }
    // A holder with a long statement and its waiter: the locks are read as well.
    let long = [&b"select pg_advisory_xact_lock(7), '"[..], &b"\xe9".repeat(600), b"'"].concat();
    let mut holder = session(&server, "lat", "LATIN1", b"begin").await?;
    send(&mut holder, &long).await?;
    until_ready(&mut holder).await?;
    let mut waiter = session(&server, "lat", "LATIN1", b"begin").await?;
    send(&mut waiter, &long).await?;
    let mut sessions = Vec::new();
    for (database, encoding) in [("lat", "LATIN1"), ("ascii", "SQL_ASCII")] {
        sessions.push(session(&server, database, encoding, b"select 'caf\xe9'").await?);
    }
    // From a database in UTF-8, and from each of the others.
    let engine = watch(&[
        ("utf8", watcher(&server)),
        ("latin", server.dsn_for("watcher", "w", "lat")),
        ("ascii", server.dsn_for("watcher", "w", "ascii")),
    ])?;
    for name in ["utf8", "latin", "ascii"] {
        let seen = |_: &_| {
            let id = ServerId::new(name);
            let locks = engine.latest::<LocksArea>(&id).and_then(|latest| latest.reading);
            let waiting = locks.map(|reading| reading.value.waiting);
            let activity = engine.latest::<ActivityArea>(&id).and_then(|latest| latest.reading);
            let sessions = activity.map(|reading| reading.value.sessions).unwrap_or_default();
            let texts = sessions.iter().filter_map(|session| session.query.as_deref());
            let foreign = texts.filter(|text| {
                text.contains("caf\u{fffd}") || (name == "latin" && text.contains("café"))
            });
            (waiting, foreign.count()) == (Some(1), 2)
        };
        until(&engine, name, HEALS_WITHIN, seen).await.map_err(|error| {
            let latest = engine.latest::<ActivityArea>(&ServerId::new(name));
            error.context(format!("{name}: {:?}", latest.map(|latest| latest.failure)))
        })?;
    }
    engine.stop().await;
    Ok(())
}

/// A text column read as a plain `String` fails its whole query on one byte of another encoding.
#[test]
fn every_text_column_is_read_lossily() -> Result {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("src"), root.join("../../app/model/src")];
    let mut plain = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path)?;
                plain
                    .extend(plain_texts(&text).map(|field| format!("{}: {field}", path.display())));
            }
        }
    }
    assert!(plain.is_empty(), "without #[sqlx(try_from = \"model::text::…\")]: {plain:#?}");
    Ok(())
}

/// Fields of rows that are strings and not marked.
fn plain_texts(source: &str) -> impl Iterator<Item = &str> {
    let structs = source.split("FromRow)]").skip(1).chain(source.split("FromRow))]").skip(1));
    let bodies = structs.filter_map(|rest| {
        let rest = rest.get(rest.find("struct ")?..)?;
        rest.get(..rest.find("\n}")?)
    });
    bodies.flat_map(|body| {
        let lines: Vec<&str> = body.lines().collect();
        let marked = |line: &str| ["sqlx(try_from", "sqlx(skip"].iter().any(|m| line.contains(m));
        (1..lines.len())
            .filter_map(move |at| {
                let (before, line) = (*lines.get(at - 1)?, *lines.get(at)?);
                let text = line.ends_with(": String,") || line.ends_with(": Option<String>,");
                (text && !marked(before)).then_some(line.trim())
            })
            .collect::<Vec<_>>()
    })
}

/// A session that has sent this statement, byte for byte: sqlx speaks UTF-8 only. Through the Unix socket,
/// where the superuser is trusted.
async fn session(
    server: &playground::Server,
    database: &str,
    encoding: &str,
    statement: &[u8],
) -> Result<UnixStream> {
    let path = format!("{}/.s.PGSQL.{}", server.socket_dir(), server.port());
    let mut stream = UnixStream::connect(path).await?;
    let mut start = 196_608_u32.to_be_bytes().to_vec();
    for word in ["user", "postgres", "database", database, "client_encoding", encoding, ""] {
        start.extend_from_slice(word.as_bytes());
        start.push(0);
    }
    stream.write_all(&u32::try_from(start.len() + 4)?.to_be_bytes()).await?;
    stream.write_all(&start).await?;
    until_ready(&mut stream).await?;
    send(&mut stream, statement).await?;
    until_ready(&mut stream).await?;
    Ok(stream)
}

async fn send(stream: &mut UnixStream, statement: &[u8]) -> Result {
    stream.write_all(b"Q").await?;
    stream.write_all(&u32::try_from(statement.len() + 5)?.to_be_bytes()).await?;
    stream.write_all(statement).await?;
    stream.write_all(b"\0").await?;
    Ok(())
}

async fn until_ready(stream: &mut UnixStream) -> Result {
    loop {
        let kind = stream.read_u8().await?;
        let length = usize::try_from(stream.read_u32().await?)?.saturating_sub(4);
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        anyhow::ensure!(kind != b'E', "{}", String::from_utf8_lossy(&body));
        if kind == b'Z' {
            return Ok(());
        }
    }
}
