//! Server-side rendering of each page without JavaScript, from a recording of a real server and once per
//! `Reason`: unknown values are shown with reason and remedy, never as zero, an empty table or fine.

use std::path::Path;

use app::routes::{Group, PAGES};
use model::{AreaName, Reason};
use serde_json::{Value, json};

use crate::common::{Running, pgdeck};

/// The pages of the route table that show an area of a server: path below `/s/{server}/`, and the area.
fn pages() -> Vec<(&'static str, &'static str)> {
    let pages: Vec<_> = PAGES
        .iter()
        .filter(|page| page.is_of_server() && page.group != Group::Hidden)
        .map(|page| (page.path.trim_start_matches("/s/:server").trim_start_matches('/'), page.name))
        .collect();
    assert!(pages.len() >= 4, "{pages:?}: the list no longer sees them");
    pages
}

/// Every reason there is. For a new one the match below does not compile; add it to both.
fn reasons() -> Vec<Reason> {
    let all = vec![
        Reason::NotYet,
        Reason::NeedsTwoReadings,
        Reason::CounterReset,
        Reason::Unreachable {
            cause: model::Cause::Network,
            message: "Nobody answers <b>there</b>.".into(),
            remedy: "Start it.".into(),
        },
        Reason::missing_grant("sessions", "grant pg_monitor to \"pgdeck\";"),
        Reason::MissingExtension {
            name: "pgstattuple".into(),
            sql: "create extension pgstattuple;".into(),
        },
        Reason::TooOld { needs: 17, has: 14 },
        Reason::NotSupported { what: "pg_current_wal_lsn".into() },
        Reason::OtherRole { needs: "standby".into() },
        Reason::TimedOut { after_ms: 2_000 },
        Reason::Failed { sqlstate: "XX000".into(), message: "unexpected".into() },
        Reason::NeedsReadings { for_s: 600 },
        Reason::Nothing { message: "No standby is connected.".into() },
        Reason::Hidden { what: "The statement".into(), sql: "grant x to y;".into() },
        Reason::NotTracked { what: "Activity".into(), setting: "track_activities".into() },
        Reason::Undecodable { what: "sessions.14.sql".into(), column: None },
        Reason::TooLarge { what: "sessions.14.sql".into(), limit: "100000 rows".into() },
        Reason::Broken { what: "Reading this server".into() },
        Reason::Busy { sessions: 3 },
        Reason::Overdue { age_ms: 12_000 },
        Reason::Refused { sqlstate: "0A000".into(), message: "not here".into() },
        Reason::TooSlow {
            what: "the entries".into(),
            after_ms: 2_000,
            again_ms: 60_000,
            remedy: "Wait.".into(),
        },
    ];
    for reason in &all {
        match reason {
            Reason::NotYet | Reason::NeedsTwoReadings | Reason::CounterReset => {}
            Reason::Unreachable { .. } | Reason::MissingGrant { .. } | Reason::TooOld { .. } => {}
            Reason::MissingExtension { .. } | Reason::NotSupported { .. } => {}
            Reason::OtherRole { .. } | Reason::TimedOut { .. } | Reason::Failed { .. } => {}
            Reason::NeedsReadings { .. } | Reason::Nothing { .. } | Reason::Hidden { .. } => {}
            Reason::NotTracked { .. } | Reason::Undecodable { .. } | Reason::TooLarge { .. } => {}
            Reason::Broken { .. } | Reason::Busy { .. } | Reason::Refused { .. } => {}
            Reason::Overdue { .. } | Reason::TooSlow { .. } => {}
        }
    }
    all
}

/// Readings of a real server, as `pgdeck record` writes them.
async fn recorded() -> Value {
    let server = playground::server(17).await.unwrap();
    let _other = server.connect().await.unwrap();
    server.exec("create table noted (id int primary key, note text)").await.unwrap();
    let output = pgdeck(&["record", &server.dsn()]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The path of a page of the recorded server.
fn of_server(recording: &Value, page: &str) -> String {
    format!("/s/{}/{page}", recording["servers"][0][0]["id"].as_str().unwrap())
}

fn showing(recording: &Value, folder: &Path) -> Running {
    let file = folder.join("readings.json");
    std::fs::write(&file, recording.to_string()).unwrap();
    Running::start(&["--recording", file.to_str().unwrap()], |_| {})
}

async fn page(pgdeck: &Running, cookie: &str, path: &str) -> String {
    let answer = pgdeck.get(path).header("cookie", cookie).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200, "{path}");
    answer.text().await.unwrap()
}

/// The text of a page: what stands between tags, entities resolved.
fn words(html: &str) -> String {
    let body = html.split("<body").nth(1).unwrap_or(html);
    let mut text = String::new();
    let (mut inside, mut script) = (true, false);
    for part in body.split_inclusive(['<', '>']) {
        match part.chars().last() {
            Some('<') if !inside && !script => text.push_str(part.trim_end_matches('<')),
            _ => {}
        }
        if part.ends_with('<') {
            inside = true;
        } else if part.ends_with('>') {
            script = part.starts_with("script") || (script && !part.starts_with("/script"));
            inside = false;
        }
        if part.ends_with('>') {
            text.push(' ');
        }
    }
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    let text = text.replace("&#x27;", "'").replace("&#39;", "'").replace("&amp;", "&");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Where the table of the recording is.
const NOTED: &str = "database=postgres&schema=public";

#[tokio::test]
async fn every_page_shows_a_recording() {
    let folder = tempfile::tempdir().unwrap();
    let recording = recorded().await;
    let pgdeck = showing(&recording, folder.path());
    let cookie = pgdeck.sign_in_by_link().await;
    for (path, must) in [
        ("/".to_owned(), "PostgreSQL 17"),
        (of_server(&recording, ""), "PostgreSQL 17"),
        (of_server(&recording, "activity"), "checkpointer"),
        (of_server(&recording, "locks"), "No session is waiting for a lock."),
        (of_server(&recording, "locks?view=table&pid=1&q=web"), "neither waiting for a lock"),
        (of_server(&recording, "locks?at=1"), "Nothing was recorded at 1970-01-01"),
        (of_server(&recording, "replication"), "primary"),
        ("/rules".to_owned(), "vacuum/xid_wraparound"),
        ("/about".to_owned(), "memory in use"),
        ("/audit".to_owned(), "Signed in by a link."),
        (of_server(&recording, "act"), "Nothing is selected."),
        (of_server(&recording, "tables"), "public.noted"),
        (of_server(&recording, &format!("table?{NOTED}&name=noted")), "noted_pkey"),
        (of_server(&recording, "indexes"), "noted_pkey"),
        (of_server(&recording, &format!("index?{NOTED}&name=noted_pkey")), "CREATE UNIQUE INDEX"),
        (of_server(&recording, &format!("columns?{NOTED}&name=noted")), "Columns of public.noted"),
        (
            of_server(&recording, &format!("inspect?{NOTED}&name=noted")),
            "nothing can be asked of it",
        ),
        (of_server(&recording, "suggestions"), "Index suggestions"),
        (of_server(&recording, "io"), "Who reads and writes"),
        (of_server(&recording, "vacuum"), "Due for autovacuum"),
    ] {
        let html = page(&pgdeck, &cookie, &path).await;
        let text = words(&html);
        assert!(
            text.to_lowercase().contains(&must.to_lowercase()),
            "{path} lacks {must:?}: {text}"
        );
        assert!(!html.contains("style=\""), "{path} has a style attribute");
    }
}

/// The recorded server as often as there are reasons, each with all areas unknown for one of them.
#[tokio::test]
async fn every_page_says_every_reason() {
    let mut recording = recorded().await;
    let original = recording["servers"][0].clone();
    let unknown = |(place, reason): (usize, &Reason)| {
        let mut server = original.clone();
        server[0]["id"] = json!(format!("unknown-{place}"));
        for area in AreaName::ALL {
            let latest = &mut server[1][area.as_str()];
            latest["reading"] = Value::Null;
            latest["failure"] = json!({ "since_ms": 1, "at_ms": 1, "reason": reason });
        }
        server
    };
    let reasons = reasons();
    recording["servers"] = reasons.iter().enumerate().map(unknown).collect();
    let folder = tempfile::tempdir().unwrap();
    let pgdeck = showing(&recording, folder.path());
    let cookie = pgdeck.sign_in_by_link().await;
    for (place, reason) in reasons.iter().enumerate() {
        for (path, _) in pages() {
            let path = format!("/s/unknown-{place}/{path}");
            let html = page(&pgdeck, &cookie, &path).await;
            let text = words(&html);
            assert!(
                text.contains(&reason.message()),
                "{path} does not say {:?}: {text}",
                reason.message()
            );
            if let Some(remedy) = reason.remedy() {
                assert!(
                    text.contains(&remedy),
                    "{path} does not say what to do, {remedy:?}: {text}"
                );
            }
            assert!(!html.contains("<b>there</b>"), "{path} lets markup of a message through");
        }
    }
}

#[tokio::test]
async fn one_unknown_part_hides_nothing_else() {
    let mut recording = recorded().await;
    let reason = Reason::missing_grant("the senders", "grant x to y;");
    recording["servers"][0][1]["replication"]["reading"]["value"]["senders"] =
        json!({ "Err": reason });
    let folder = tempfile::tempdir().unwrap();
    let pgdeck = showing(&recording, folder.path());
    let cookie = pgdeck.sign_in_by_link().await;
    let text = words(&page(&pgdeck, &cookie, &of_server(&recording, "replication")).await);
    assert!(text.contains("pgdeck's role is not allowed to read the senders."), "{text}");
    assert!(text.contains("grant x to y;") && text.contains("Timeline"), "{text}");
}

/// Concurrent requests: every response is a complete page.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_requests_all_get_their_page() {
    let folder = tempfile::tempdir().unwrap();
    let recording = recorded().await;
    let pgdeck = std::sync::Arc::new(showing(&recording, folder.path()));
    let cookie = pgdeck.sign_in_by_link().await;
    let paths = std::sync::Arc::new(
        pages().iter().map(|(path, _)| of_server(&recording, path)).collect::<Vec<_>>(),
    );
    let mut people = tokio::task::JoinSet::new();
    for person in 0..8 {
        let (pgdeck, cookie, paths) = (pgdeck.clone(), cookie.clone(), paths.clone());
        people.spawn(async move {
            for turn in 0..25 {
                let path = &paths[(person + turn) % paths.len()];
                let html = page(&pgdeck, &cookie, path).await;
                assert!(
                    html.contains("</html>") && html.contains("verdict"),
                    "{path} is not whole"
                );
            }
        });
    }
    while let Some(done) = people.join_next().await {
        done.unwrap();
    }
}

/// Names and texts are hostile: they come out as text wherever they are shown.
#[tokio::test]
async fn hostile_names_are_text() {
    let server = playground::server(17).await.unwrap();
    let evil = "<script>alert(1)</script>";
    let mut session = server.connect().await.unwrap();
    let set =
        format!("set application_name = '{evil}'; begin; select '<img src=x onerror=alert(2)>'");
    sqlx::raw_sql(sqlx::AssertSqlSafe(set)).execute(&mut session).await.unwrap();
    let output = pgdeck(&["record", &server.dsn()]).output().unwrap();
    let recording: Value = serde_json::from_slice(&output.stdout).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let pgdeck = showing(&recording, folder.path());
    let cookie = pgdeck.sign_in_by_link().await;
    let html = page(&pgdeck, &cookie, &of_server(&recording, "activity")).await;
    assert!(!html.contains(evil) && !html.contains("<img src=x"), "hostile text is markup");
    assert!(words(&html).contains(evil), "hostile text is shown as text");
}
