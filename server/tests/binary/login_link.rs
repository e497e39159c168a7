//! `pgdeck login-link`: a new sign-in link of a running pgdeck, and two pgdecks on one host.

use std::path::PathBuf;

use crate::common::{Running, add_user, location, run};

fn sockets(pgdeck: &Running) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(&pgdeck.data_dir).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_some_and(|end| end == "sock")).collect()
}

fn asked(pgdeck: &Running, more: &[&str]) -> (i32, String, String) {
    let data_dir = pgdeck.data_dir.to_str().unwrap();
    let mut arguments = vec!["login-link", "--data-dir", data_dir];
    arguments.extend(more);
    run(&arguments)
}

/// Redeems a printed link: where it leads, and the cookie.
async fn redeemed(pgdeck: &Running, printed: &str) -> (String, String) {
    let link = printed.trim().strip_prefix("Open ").expect(printed);
    let answer = pgdeck.get(link.strip_prefix(&pgdeck.url).unwrap()).send().await.unwrap();
    let set = answer.headers().get("set-cookie").map(|set| set.to_str().unwrap().to_owned());
    let cookie = set.unwrap_or_default().split(';').next().unwrap().to_owned();
    (location(&answer).to_owned(), cookie)
}

#[tokio::test]
async fn a_running_pgdeck_gives_a_new_link_that_works_once() {
    let pgdeck = Running::start(&[], |_| {});
    pgdeck.sign_in_by_link().await;
    let (code, printed, message) = asked(&pgdeck, &[]);
    assert_eq!((code, message.as_str()), (0, ""), "{printed}");
    assert_eq!(redeemed(&pgdeck, &printed).await.0, "/");
    assert_eq!(redeemed(&pgdeck, &printed).await.0, "/sign-in?error=link");
    let page = pgdeck.get("/sign-in?error=link").send().await.unwrap().text().await.unwrap();
    // What the browser hydrates from repeats the text in a script.
    let shown: String = page
        .split("<script")
        .map(|part| part.split_once("</script>").map_or(part, |(_, rest)| rest))
        .collect();
    assert_eq!(shown.matches("pgdeck login-link").count(), 1, "one sentence, once: {shown}");
    assert!(!shown.contains("restart pgdeck"), "{shown}");
    let sockets = sockets(&pgdeck);
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&sockets[0].metadata().unwrap().permissions());
    assert_eq!((sockets.len(), mode & 0o777), (1, 0o600));
    let data_dir = pgdeck.data_dir.clone();
    pgdeck.kill();
    assert!(data_dir.join(sockets[0].file_name().unwrap()).exists(), "it was killed");
    let (code, _, message) = asked(&pgdeck, &[]);
    assert_eq!(code, 1, "{message}");
    assert!(message.contains("no pgdeck runs") && message.contains("--data-dir"), "{message}");
}

#[tokio::test]
async fn a_link_can_sign_in_a_user_where_no_other_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pgdeck.toml");
    std::fs::write(&file, "public_url = \"http://deck.example\"\n").unwrap();
    let pgdeck = Running::start(&["--config", file.to_str().unwrap()], |data_dir| {
        add_user(data_dir, "eve", &["--role", "viewer"]);
    });
    let (code, _, message) = asked(&pgdeck, &[]);
    assert_eq!(code, 64, "{message}");
    assert!(message.contains("--user NAME"), "{message}");
    let (code, _, message) = asked(&pgdeck, &["--user", "bob"]);
    assert!(code == 64 && message.contains("\"bob\""), "{message}");
    let (code, printed, _) = asked(&pgdeck, &["--user", "eve"]);
    assert!(code == 0 && printed.starts_with("Open http://deck.example/login?token="), "{printed}");
    let (code, _) = pgdeck.terminate();
    assert_eq!(code, 0);
}

#[tokio::test]
async fn two_pgdecks_on_one_host_do_not_sign_each_other_out() {
    let (one, two) = (Running::start(&[], |_| {}), Running::start(&[], |_| {}));
    // A browser keeps cookies by host and name, whatever the port.
    let cookies = [one.sign_in_by_link().await, two.sign_in_by_link().await];
    let name = |cookie: &str| cookie.split('=').next().unwrap().to_owned();
    assert_ne!(name(&cookies[0]), name(&cookies[1]));
    let both = cookies.join("; ");
    for pgdeck in [&one, &two] {
        let page = pgdeck.get("/").header("cookie", &both).send().await.unwrap();
        assert_eq!(page.status(), 200);
    }
}
