//! Secrets are planted where people and servers have them: in DSNs, tokens, and statements of a real server.
//! None of them is in any output: pages, server functions, `/metrics`, the stream, logs at the finest level,
//! messages of errors, recordings, the history, the audit log. What stands beside each is, so the outputs
//! were really looked at.

mod outputs;
mod planted;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use playground::Server;
use sqlx::Connection as _;

use crate::client::FORM;
use crate::common::{PASSWORD, Running, add_user, cookie, pgdeck, run};
use crate::explain::{explain, sheet};
use outputs::Outputs;
use planted::{MARK, STATEMENTS, configured, server, sessions};

/// Paths that are asked for, beside every page of a server.
const PATHS: &[&str] = &[
    "/",
    "/rules",
    "/about",
    "/audit",
    "/audit.csv",
    "/metrics",
    "/plan",
    "/glossary",
    "/sign-in",
];
/// Pages of a server.
const PAGES: &[&str] = &[
    "",
    "activity",
    "load",
    "locks",
    "locks?view=table",
    "replication",
    "statements",
    "tables",
    "indexes",
    "io",
    "vacuum",
    "suggestions",
    "act",
];
/// Server functions that answer with readings.
const FUNCTIONS: &[(&str, &str, &str)] = &[
    ("activity", FORM, "server=shop&range="),
    ("overview", FORM, "server=shop&range="),
    ("replication", FORM, "server=shop&range="),
    ("load", FORM, "server=shop&range=&by=statement"),
    ("events", FORM, "server=shop&range="),
    ("statements", FORM, "server=shop"),
    ("audit", FORM, "query[text]=&query[before]=0"),
    ("ranking", JSON, r#"{"server":"shop","question":{}}"#),
    ("findings", FORM, "server=shop&areas="),
];
const JSON: &str = "application/json";

async fn text(request: reqwest::RequestBuilder) -> Vec<u8> {
    request.send().await.unwrap().bytes().await.unwrap().to_vec()
}

/// Waits until the page of sessions shows all sessions.
async fn until_shown(pgdeck: &Running, eve: &str) {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let page = text(pgdeck.get("/s/shop/activity").header("cookie", eve)).await;
        let shown = String::from_utf8_lossy(&page).contains("beside_it.token");
        if shown {
            return;
        }
        assert!(Instant::now() < deadline, "{}", String::from_utf8_lossy(&page));
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

/// Waits until the statistics of statements are shown; what counts is what is run meanwhile.
async fn until_ranked(pgdeck: &Running, eve: &str, server: &Server) {
    let deadline = Instant::now() + Duration::from_secs(90);
    let ask = || pgdeck.post_as("/api/ranking", JSON).header("cookie", eve);
    loop {
        sessions(server).await;
        let form = pgdeck.form("/s/shop/refresh", eve, "to=/s/shop/statements");
        assert_eq!(form.send().await.unwrap().status(), 303);
        let ranking = text(ask().body(r#"{"server":"shop","question":{}}"#)).await;
        let ranking = String::from_utf8_lossy(&ranking);
        if ranking.contains(MARK) {
            return;
        }
        assert!(Instant::now() < deadline, "{ranking}");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// What people are shown.
async fn looked_at(pgdeck: &Running, eve: &str, outputs: &mut Outputs) {
    for path in PATHS {
        outputs.add(*path, text(pgdeck.get(path).header("cookie", eve)).await);
    }
    for server in ["shop", "down", "wrong"] {
        for page in PAGES {
            let path = format!("/s/{server}/{page}");
            outputs.add(&path, text(pgdeck.get(&path).header("cookie", eve)).await);
        }
    }
    for (name, content_type, body) in FUNCTIONS {
        let request = pgdeck.post_as(&format!("/api/{name}"), content_type).header("cookie", eve);
        let answer = request.body(*body).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{name}");
        outputs.add(format!("/api/{name}"), answer.bytes().await.unwrap());
    }
    // Each statement's own page, with the plans that were seen of it.
    let statements = text(pgdeck.get("/s/shop/statements").header("cookie", eve)).await;
    let statements = String::from_utf8_lossy(&statements).into_owned();
    let links: BTreeSet<&str> = statements
        .split("href=\"")
        .filter(|link| link.starts_with("/s/shop/statements/"))
        .filter_map(|link| link.split('?').next())
        .collect();
    assert!(links.len() > 3, "{links:?}");
    for link in links {
        let page = format!("{link}?database=postgres&role=postgres");
        outputs.add(link, text(pgdeck.get(&page).header("cookie", eve)).await);
    }
    // A statement that a person gives: the answer shows it to them, the audit log and the log must not.
    let given = "select name as beside_it from accounts where password = 'C4naryGiven'";
    for analyze in [false, true] {
        let mut sheet = sheet(given, analyze);
        sheet["server"] = "shop".into();
        explain(pgdeck, eve, &sheet).await;
    }
    outputs.add("/audit again", text(pgdeck.get("/audit").header("cookie", eve)).await);
    for area in ["activity", "locks", "statements"] {
        let request = pgdeck.get(&format!("/live?server=shop&area={area}")).header("cookie", eve);
        let answer = request.send().await.unwrap();
        let mut stream = answer.bytes_stream();
        let mut seen = Vec::new();
        let end = tokio::time::sleep(Duration::from_secs(2));
        tokio::pin!(end);
        loop {
            tokio::select! {
                Some(Ok(part)) = stream.next() => seen.extend_from_slice(&part),
                () = &mut end => break,
            }
        }
        outputs.add(format!("/live {area}"), seen);
    }
}

/// What the commands say, with a secret wherever it may be given by mistake.
fn commands(server: &Server, folder: &Path, outputs: &mut Outputs) {
    let dsn = server.dsn_for("watcher", "C4naryDsn", "postgres");
    let wrong = server.dsn_for("watcher", "C4naryWrong", "postgres");
    let file = folder.join("shop.pgdeck");
    let bad = folder.join("bad.toml");
    fs::write(&bad, "metrics_token = [\"C4naryToml\"]\n").unwrap();
    let recording = file.to_str().unwrap();
    for arguments in [
        &["check", &dsn][..],
        &["check", "--json", &dsn],
        &["check", &wrong],
        &["check", "postgres://u:C4nary/x@h/d"],
        &["check", "postgres://u:C4nary@h:port/d"],
        &["check", "host=h password='C4nary"],
        &["check", "mysql://u:C4nary@h/d"],
        &["check", &dsn, &dsn],
        &["record", &dsn],
        &["record", "--to", recording, "--for", "2s", &dsn],
        &["record", "--to", &dsn, &dsn],
        &["serve", "--recording", &dsn],
        &["serve", "--config", &dsn],
        &["serve", "--listen", &dsn, &dsn],
        &["serve", "--data-dir", "/proc/x", "--config", bad.to_str().unwrap()],
        &["plan", &dsn],
        &["user", "list", "--data-dir", &dsn],
    ] {
        let output = pgdeck(arguments).env("PGDECK_LOG", "trace").output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        // The DSN was an argument: its own name may be repeated, its password not.
        outputs.add(format!("command {}", arguments[0]), said);
    }
    outputs.add("file of the recording", fs::read(&file).unwrap());
}

/// What a recording shows: parts of its file are compressed.
async fn recording(folder: &Path, outputs: &mut Outputs) {
    let file = folder.join("shop.pgdeck");
    let pgdeck = Running::start(&["--recording", file.to_str().unwrap()], |_| {});
    let cookie = pgdeck.sign_in_by_link().await;
    for page in PAGES {
        let page = pgdeck.get(&format!("/s/local/{page}")).header("cookie", &cookie);
        outputs.add("recording", text(page).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_is_in_any_output() {
    let server = server().await;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    add_user(&data, "eve", &["--role", "operator", "--role", "admin"]);
    let held = sessions(&server).await;
    let config = configured(&server, folder.path());
    let pgdeck = Running::traced(&config, &data);
    let eve = cookie(&pgdeck.sign_in("eve", PASSWORD).await);
    until_shown(&pgdeck, &eve).await;
    until_ranked(&pgdeck, &eve, &server).await;
    let mut outputs = Outputs::default();
    looked_at(&pgdeck, &eve, &mut outputs).await;
    commands(&server, folder.path(), &mut outputs);
    recording(folder.path(), &mut outputs).await;
    let (code, log) = pgdeck.terminate();
    assert_eq!(code, 0);
    assert!(log.contains("pgdeck.toml holds a secret and others can read it"), "no warning");
    outputs.add("log", log);
    for session in held {
        session.close().await.unwrap();
    }
    // The configuration is where the secrets are, and the server's own files are not ours.
    outputs.add_folder(folder.path(), &["pgdeck.toml", "bad.toml"]);
    let leaks = outputs.leaks();
    assert!(leaks.is_empty(), "{} leaks\n{}", leaks.len(), leaks.join("\n"));
    for (of, least) in [
        ("/s/shop/activity", 10),
        ("/api/activity", 10),
        ("/live activity", 10),
        ("/api/ranking", 1),
        ("/s/shop/statements/", 1),
        ("/audit again", 2),
        ("command record", 5),
        ("recording", 1),
    ] {
        let found = outputs.count(of, MARK);
        println!("{of}: {found} times {MARK}");
        assert!(found >= least, "{of} was not really looked at: {found}");
    }
    assert!(outputs.count("log", "TRACE") > 0, "the log is not at its finest");
    let bytes: usize = outputs.0.iter().map(|(_, bytes)| bytes.len()).sum();
    println!(
        "{} outputs, {bytes} bytes, {} canaries in statements",
        outputs.0.len(),
        STATEMENTS.len()
    );
    // The search finds what is there.
    outputs.add_folder(folder.path(), &[]);
    assert!(!outputs.leaks().is_empty(), "it does not even find what the configuration has");
    let verified =
        run(&["audit", "verify", "--config", &config, "--data-dir", data.to_str().unwrap()]);
    assert_eq!(verified.0, 0, "{}", verified.1);
}
