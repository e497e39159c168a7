//! Marks on the line of events: `pgdeck mark`, `POST /mark` with its token, and each way to get it wrong.

use crate::common::{Running, outcome, pgdeck, run};

const TOKEN: &str = "0123456789abcdef-secret";

fn config(folder: &std::path::Path) -> String {
    let file = folder.join("pgdeck.toml");
    let text = format!(
        "mark_token = \"{TOKEN}\"\n[[servers]]\nname = \"shop\"\ndsn = \"host=127.0.0.1 port=1\"\n[[servers]]\nname = \"other\"\ndsn = \"host=127.0.0.1 port=1\"\n"
    );
    std::fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

fn mark(pgdeck: &Running, more: &[&str]) -> (i32, String, String) {
    let mut arguments = vec!["mark", "--data-dir", pgdeck.data_dir.to_str().unwrap()];
    arguments.extend(more);
    run(&arguments)
}

async fn post(pgdeck: &Running, token: Option<&str>, body: &str) -> (u16, String) {
    let mut request = pgdeck.post_without_origin("/mark");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let answer = request.body(body.to_owned()).send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.text().await.unwrap())
}

/// The titles of the events of a server, as the page gets them.
async fn titles(pgdeck: &Running, cookie: &str, server: &str) -> Vec<String> {
    let request = pgdeck.post("/api/events").header("cookie", cookie);
    let answer = request.body(format!("server={server}&range=")).send().await.unwrap();
    let text = answer.text().await.unwrap();
    let events: serde_json::Value =
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"));
    let all = events["events"].as_array().unwrap_or_else(|| panic!("{text}"));
    all.iter().map(|event| event["title"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_mark_is_kept_and_each_mistake_is_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let pgdeck = Running::configured(&config(folder.path()), |_| {});
    let cookie = pgdeck.sign_in_by_link().await;
    let hostile = "<script>alert(1)</script>\u{202e}\n'\"; drop table event";
    assert_eq!(mark(&pgdeck, &["release 42"]), (0, String::new(), String::new()));
    assert_eq!(mark(&pgdeck, &[hostile, "--server", "shop"]).0, 0);
    let body = "title=over%20http%20%3Cb%3E&server=shop";
    assert_eq!(post(&pgdeck, Some(TOKEN), body).await, (201, "marked\n".into()));
    let shown = "<script>alert(1)</script>\u{fffd}\u{fffd}'\"; drop table event";
    assert_eq!(titles(&pgdeck, &cookie, "shop").await, ["release 42", shown, "over http <b>"]);
    assert_eq!(titles(&pgdeck, &cookie, "other").await, ["release 42"]);

    let long = "ä".repeat(201);
    for (arguments, words) in [
        (vec![""], "needs a title"),
        (vec![long.as_str()], "at most 200 characters; this one has 201"),
        (vec!["x", "--server", "<b>nowhere"], "no server of that name; it watches shop, other"),
    ] {
        let (code, said, sentence) = mark(&pgdeck, &arguments);
        assert_eq!((code, said.as_str(), sentence.lines().count()), (64, "", 1), "{sentence}");
        assert!(sentence.contains(words) && !sentence.contains("<b>"), "{sentence}");
    }
    for (token, body, status, words) in [
        (None, "title=x", 401, "mark_token"),
        (Some("0123456789abcdef-secres"), "title=x", 401, "mark_token"),
        (Some(""), "title=x", 401, "mark_token"),
        (Some(TOKEN), "title=", 422, "needs a title"),
        (Some(TOKEN), "name=x", 422, "needs a title"),
        (Some(TOKEN), &format!("title={}", "x".repeat(201)), 422, "at most 200"),
        (Some(TOKEN), &format!("title={}", "x".repeat(20_000)), 400, "sent as a form"),
        (Some(TOKEN), "title=x&server=nowhere", 404, "watches shop, other"),
    ] {
        let (found, sentence) = post(&pgdeck, token, body).await;
        assert_eq!((found, sentence.lines().count()), (status, 1), "{body:.40}: {sentence}");
        assert!(sentence.contains(words) && !sentence.contains(TOKEN), "{sentence}");
    }
    // A session does not stand in for the token.
    let request = pgdeck.post("/mark").header("cookie", &cookie).body("title=x");
    assert_eq!(request.send().await.unwrap().status(), 401);
    assert_eq!(titles(&pgdeck, &cookie, "shop").await.len(), 3, "nothing else was kept");
    let mut last = 0;
    for _ in 0..40 {
        last = post(&pgdeck, Some("wrong"), "title=x").await.0;
    }
    assert_eq!(last, 429, "guessing is slow");
}

#[tokio::test]
async fn without_a_token_or_a_history_a_mark_says_so() {
    let pgdeck = Running::start(&[], |_| {});
    let (status, sentence) = post(&pgdeck, Some("whatever"), "title=x").await;
    assert_eq!(status, 403);
    assert!(sentence.contains("set mark_token") && sentence.lines().count() == 1, "{sentence}");
    let data_dir = pgdeck.data_dir.clone();
    assert_eq!(pgdeck.terminate().0, 0);
    let (code, _, sentence) = run(&["mark", "x", "--data-dir", data_dir.to_str().unwrap()]);
    assert_eq!(code, 1);
    assert!(sentence.contains("no pgdeck runs"), "{sentence}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pgdeck.toml");
    std::fs::write(
        &file,
        "history = \"off\"\n[[servers]]\nname = \"a\"\ndsn = \"host=127.0.0.1 port=1\"\n",
    )
    .unwrap();
    let pgdeck = Running::configured(file.to_str().unwrap(), |_| {});
    let (code, _, sentence) = mark(&pgdeck, &["x"]);
    assert_eq!((code, sentence.contains("no history is kept")), (64, true), "{sentence}");
}

#[tokio::test]
async fn the_history_is_copied_while_pgdeck_runs() {
    let folder = tempfile::tempdir().unwrap();
    let pgdeck = Running::configured(&config(folder.path()), |_| {});
    assert_eq!(mark(&pgdeck, &["before the copy"]).0, 0);
    let data_dir = pgdeck.data_dir.to_str().unwrap().to_owned();
    let to = folder.path().join("copy.sqlite");
    let to = to.to_str().unwrap();
    let copy = |to: &str| run(&["backup-history", to, "--data-dir", &data_dir]);
    let (code, said, sentence) = copy(to);
    assert_eq!((code, sentence.as_str()), (0, ""), "{said}");
    let (code, _, sentence) = copy(to);
    assert_eq!((code, sentence.lines().count()), (1, 1), "{sentence}");
    assert!(sentence.contains("exists; name a file that does not exist yet"), "{sentence}");
    let (code, _, sentence) = copy(&format!("{to}/nowhere/copy.sqlite"));
    assert_eq!((code, sentence.lines().count()), (1, 1), "{sentence}");
    assert!(sentence.contains("cannot be written"), "{sentence}");
    pgdeck.terminate();
    let elsewhere = folder.path().join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    std::fs::copy(to, elsewhere.join("history.sqlite")).unwrap();
    let file = folder.path().join("pgdeck.toml");
    let again = Running::in_folder(file.to_str().unwrap(), &elsewhere);
    let cookie = again.sign_in_by_link().await;
    assert_eq!(titles(&again, &cookie, "shop").await, ["before the copy"]);
    let none = folder.path().join("none");
    let (code, _, sentence) =
        run(&["backup-history", &format!("{to}2"), "--data-dir", none.to_str().unwrap()]);
    assert_eq!((code, sentence.lines().count()), (1, 1), "{sentence}");
    assert!(!std::path::Path::new(&format!("{to}2")).exists(), "nothing is left behind");
}

/// `pgdeck mark` with a token in the environment.
fn mark_at(url: &str, token: &str, more: &[&str]) -> (i32, String, String) {
    let mut arguments = vec!["mark", "release 43", "--url", url];
    arguments.extend(more);
    outcome(pgdeck(&arguments).env("PGDECK_MARK_TOKEN", token).output().unwrap())
}

/// An HTTP server that gives this answer to whoever comes; its address.
fn answering(answer: &'static str) -> String {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            // Whoever leaves early has what it wanted.
            let _ = stream.read(&mut [0; 4_096]);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    format!("http://{address}")
}

#[tokio::test]
async fn a_mark_from_another_machine_needs_its_token_and_each_mistake_is_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let pgdeck = Running::configured(&config(folder.path()), |_| {});
    let cookie = pgdeck.sign_in_by_link().await;
    assert_eq!(mark_at(&pgdeck.url, TOKEN, &[]), (0, String::new(), String::new()));
    let file = folder.path().join("token");
    std::fs::write(&file, format!("{TOKEN}\n")).unwrap();
    let file = ["--token-file", file.to_str().unwrap(), "--server", "shop"];
    assert_eq!(mark_at(&format!("{}/", pgdeck.url), "", &file).0, 0);
    assert_eq!(titles(&pgdeck, &cookie, "shop").await, ["release 43", "release 43"]);
    assert_eq!(titles(&pgdeck, &cookie, "other").await, ["release 43"]);

    let moved = "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let page = "HTTP/1.1 404 Not Found\r\ncontent-type: text/html\r\ncontent-length: 6\r\nconnection: close\r\n\r\n<html>";
    let secure = pgdeck.url.replace("http:", "https:");
    let nowhere = ["--server", "nowhere"];
    let missing = ["--token-file", "/nowhere/token"];
    for (url, token, more, code, words) in [
        (pgdeck.url.as_str(), "0123456789abcdef-secres", &[][..], 64, "refuses the token"),
        (&pgdeck.url, "", &[], 64, "put it into PGDECK_MARK_TOKEN or a file"),
        (&pgdeck.url, "two words", &[], 64, "one word"),
        (&pgdeck.url, TOKEN, &nowhere, 64, "it watches shop, other"),
        (&pgdeck.url, TOKEN, &missing, 64, "cannot be read"),
        ("http://127.0.0.1:1", TOKEN, &[], 1, "cannot be reached: Connection refused"),
        ("https://pgdeck.invalid", TOKEN, &[], 1, "cannot be reached"),
        (&secure, TOKEN, &[], 1, "cannot be reached"),
        (&answering("HTTP/1.1 nonsense"), TOKEN, &[], 1, "cannot be reached"),
        (&answering(page), TOKEN, &[], 1, "is no pgdeck that takes marks: it answers 404"),
        (&answering(moved), TOKEN, &[], 1, "it answers 302"),
        ("ftp://x", TOKEN, &[], 64, "such as https://pgdeck.example.org"),
        ("https://u:hunter2@x", TOKEN, &[], 64, "such as https://pgdeck.example.org"),
    ] {
        let (found, said, sentence) = mark_at(url, token, more);
        assert_eq!((found, said.as_str()), (code, ""), "{url}: {sentence}");
        assert_eq!(sentence.lines().count(), 1, "{sentence}");
        assert!(sentence.contains(words), "{url}: {sentence}");
        assert!(!sentence.contains("0123456789") && !sentence.contains("hunter2"), "{sentence}");
    }
    assert_eq!(titles(&pgdeck, &cookie, "shop").await.len(), 2, "nothing else was kept");
}
