//! `pgdeck record --to` and `pgdeck serve --recording`: a recording shows its past when its servers are gone,
//! its file is never written, and each mistake is one sentence.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::common::{Running, location, outcome, pgdeck, run};

const SLEEPERS: usize = 3;

/// The status and the text of a page.
async fn page(pgdeck: &Running, cookie: &str, path: &str) -> (u16, String) {
    let answer = pgdeck.get(path).header("cookie", cookie).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// What the page `load` is given, by wait event.
async fn load(pgdeck: &Running, cookie: &str, range: &str) -> Value {
    let request = pgdeck.post("/api/load").header("cookie", cookie);
    let answer = request.body(format!("server=local&range={range}&by=event")).send().await.unwrap();
    let text = answer.text().await.unwrap();
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"))
}

#[tokio::test]
async fn a_recording_shows_its_past_when_its_servers_are_gone() {
    let (busy, idle) = tokio::join!(playground::server(17), playground::server(14));
    let (busy, idle) = (busy.unwrap(), idle.unwrap());
    let mut sleepers = tokio::task::JoinSet::new();
    for _ in 0..SLEEPERS {
        let mut session = busy.connect().await.unwrap();
        sleepers.spawn(async move {
            let sleep = sqlx::query("select pg_sleep(60)").execute(&mut session).await;
            drop((sleep, session));
        });
    }
    let mut asker = busy.connect().await.unwrap();
    let count = "select count(*) from pg_stat_activity where wait_event = 'PgSleep'";
    let until = Instant::now() + Duration::from_secs(20);
    while sqlx::query_scalar::<_, i64>(count).fetch_one(&mut asker).await.unwrap() < 3 {
        assert!(Instant::now() < until, "they do not sleep");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    drop(asker);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shop.pgdeck").to_str().unwrap().to_owned();
    let dsns = [busy.dsn(), idle.dsn()];
    let arguments = ["record", "--to", &file, "--for", "3s", &dsns[0], &dsns[1]];
    let recording = pgdeck(&arguments).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let recorded = tokio::task::spawn_blocking(move || recording.wait_with_output().unwrap());
    let (code, said, sentence) = outcome(recorded.await.unwrap());
    assert_eq!((code, sentence.as_str()), (0, ""), "{said}");
    assert!(said.starts_with("Recorded local, local-2 for "), "{said}");
    sleepers.shutdown().await;
    tokio::join!(busy.stop(), idle.stop());
    let bytes = std::fs::read(&file).unwrap();

    let pgdeck = Running::start(&["--recording", &file], |_| {});
    let cookie = pgdeck.sign_in_by_link().await;
    // A page is about all of the recording unless its address says something else.
    let asked =
        pgdeck.get("/s/local/load?by=event").header("cookie", &cookie).send().await.unwrap();
    assert_eq!(asked.status(), 303);
    let range = location(&asked).strip_prefix("/s/local/load?").unwrap().to_owned();
    assert!(range.starts_with("from=") && range.ends_with("&by=event"), "{range}");
    for path in ["", "load", "activity", "locks", "replication", "statements"] {
        let (status, html) = page(&pgdeck, &cookie, &format!("/s/local/{path}?{range}")).await;
        assert_eq!(status, 200, "{path}");
        assert!(html.contains("A recording from 20"), "{path}: {html}");
        assert!(html.contains("nothing is read from the server"), "{path}");
        assert!(!html.contains("out of date") && !html.contains("pgdeck keeps trying"), "{path}");
    }
    assert_eq!(page(&pgdeck, &cookie, "/s/local-2/load?range=live").await.0, 200);
    // The last reading is there as well, and the clock stands where it ends.
    let (_, html) = page(&pgdeck, &cookie, &format!("/s/local/activity?{range}")).await;
    assert!(html.matches("pg_sleep").count() >= SLEEPERS, "{html}");
    let moments: Vec<&str> = range.split(['=', '&']).collect();
    let window = format!("{}..{}", moments[1], moments[3]);
    for range in [window.as_str(), "1h"] {
        let load = load(&pgdeck, &cookie, range).await;
        let rows = load["load"]["rows"].as_array().unwrap_or_else(|| panic!("{load}"));
        let sleeping =
            rows.iter().find(|row| row["name"].as_str().is_some_and(|n| n.contains("PgSleep")));
        let average = sleeping.and_then(|row| row["sessions"].as_f64());
        assert!(average.is_some_and(|a| (a - SLEEPERS as f64).abs() < 1e-9), "{range}: {load}");
    }
    let (_, about) = page(&pgdeck, &cookie, "/about").await;
    assert!(about.contains("is shown; nothing is added to it"), "{about}");
    let data_dir = pgdeck.data_dir.to_str().unwrap().to_owned();
    let (code, _, sentence) = run(&["mark", "release 42", "--data-dir", &data_dir]);
    assert_eq!((code, sentence.contains("takes no marks")), (64, true), "{sentence}");
    let (code, log) = pgdeck.terminate();
    assert_eq!(code, 0, "{log}");
    assert!(std::fs::read(&file).unwrap() == bytes, "the recording was written");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "something lies beside it");
    let (code, _, sentence) = run(&["record", "--to", &file, &dsns[0]]);
    assert_eq!((code, sentence.contains("exists; name a file")), (1, true), "{sentence}");
}

#[tokio::test]
async fn what_cannot_be_recorded_or_shown_is_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let none = path("none");
    let down = "postgres://u:hunter2@127.0.0.1:1/d";
    let blocked = format!("{}/file", path("empty"));
    std::fs::write(path("empty"), "").unwrap();
    std::fs::write(path("text"), "no recording at all").unwrap();
    std::fs::write(path("torn"), b"SQLite format 3\0 and nothing else").unwrap();
    let history = path("history");
    let settings = history::Settings::default();
    let store = history::History::open(history.as_ref(), settings).await.unwrap();
    store.close().await.unwrap();
    for (arguments, code, words) in [
        (vec!["record", "--to", &none, down], 3, "Connection refused"),
        (vec!["record", "--to", down], 64, "not a DSN"),
        (vec!["record", "--to", &blocked, down], 1, "cannot be written"),
        (vec!["record", "--to", &none, "--for", "5", down], 64, "such as 90s or 5m"),
        (vec!["record", "--for", "5s", down], 64, "--to"),
        (vec!["record", down, down], 64, "name a file with --to"),
        (vec!["serve", "--recording", &none], 64, "cannot be read"),
        (vec!["serve", "--recording", &path("empty")], 64, "is not one that"),
        (vec!["serve", "--recording", &path("text")], 64, "is not one that"),
        (vec!["serve", "--recording", &path("torn")], 64, "cannot be shown"),
        (vec!["serve", "--recording", &history], 64, "without the readings"),
    ] {
        let data_dir = path("data");
        let mut all = arguments.clone();
        if arguments[0] == "serve" {
            all.extend(["--data-dir", &data_dir, "--listen", "127.0.0.1:0"]);
        }
        let (found, said, sentence) = run(&all);
        assert_eq!((found, said.as_str()), (code, ""), "{arguments:?}: {sentence}");
        assert_eq!(sentence.lines().count(), 1, "{arguments:?}: {sentence}");
        assert!(sentence.contains(words) && !sentence.contains("hunter2"), "{sentence}");
        assert!(!std::path::Path::new(&none).exists(), "{arguments:?}: something is left behind");
    }
}
