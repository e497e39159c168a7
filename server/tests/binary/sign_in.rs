//! Sign-in and sign-out: one-time link, session cookie, rate limit, open redirects, reverse proxy with https.

use crate::common::{PASSWORD, Running, UNREACHABLE, add_user, cookie, location, with_token};

fn with_eve() -> Running {
    Running::start(&[], |data_dir| add_user(data_dir, "eve", &["--role", "viewer"]))
}

#[tokio::test]
async fn the_printed_link_signs_in_once() {
    let pgdeck = Running::start(&[], |_| {});
    let cookie = pgdeck.sign_in_by_link().await;
    let (name, id) = cookie.split_once('=').unwrap();
    let port = pgdeck.url.rsplit(':').next().unwrap();
    assert_eq!((name, id.len()), (format!("pgdeck-{port}").as_str(), 64), "{cookie}");
    let page = pgdeck.get("/").header("cookie", &cookie).send().await.unwrap();
    assert_eq!(page.status(), 200);
    let path = pgdeck.link.strip_prefix(&pgdeck.url).unwrap();
    let again = pgdeck.get(path).send().await.unwrap();
    assert_eq!(location(&again), "/sign-in?error=link");
    assert!(again.headers().get("set-cookie").is_none());
    let message = pgdeck.get("/sign-in?error=link").send().await.unwrap().text().await.unwrap();
    assert!(message.contains("has already been used"), "{message}");
}

#[tokio::test]
async fn cookies_are_http_only_and_strict_and_rotate_at_sign_in() {
    let pgdeck = with_eve();
    let first = pgdeck.sign_in("eve", PASSWORD).await;
    assert_eq!((first.status().as_u16(), location(&first)), (303, "/"));
    let set = first.headers()["set-cookie"].to_str().unwrap().to_owned();
    for flag in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(set.contains(flag), "{set}");
    }
    let old = cookie(&first);
    let body = "name=eve&password=correct+horse+battery";
    let page = pgdeck.sign_in_page().await;
    let sent = |session: &str| {
        let request = pgdeck.post("/login").header("cookie", format!("{page}; {session}"));
        request.body(with_token(&page, body)).send()
    };
    let second = sent(&old).await.unwrap();
    let new = cookie(&second);
    assert_ne!(old, new);
    assert_eq!(
        pgdeck.get("/").header("cookie", &old).send().await.unwrap().status(),
        303,
        "the old id is dead"
    );
    assert_eq!(pgdeck.get("/").header("cookie", &new).send().await.unwrap().status(), 200);
    // Session fixation: a planted session id is not adopted either.
    let name = new.split('=').next().unwrap();
    let planted = format!("{name}={}", "a".repeat(64));
    let third = sent(&planted).await.unwrap();
    assert_ne!(cookie(&third), planted);
}

#[tokio::test]
async fn signing_out_ends_the_session_on_the_server() {
    let pgdeck = with_eve();
    let cookie = cookie(&pgdeck.sign_in("eve", PASSWORD).await);
    let out = pgdeck.form("/logout", &cookie, "").send().await.unwrap();
    assert_eq!(location(&out), "/sign-in");
    assert!(out.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    assert_eq!(pgdeck.get("/").header("cookie", &cookie).send().await.unwrap().status(), 303);
}

#[tokio::test]
async fn removing_a_user_ends_their_sessions_while_pgdeck_runs() {
    let pgdeck = with_eve();
    let cookie = cookie(&pgdeck.sign_in("eve", PASSWORD).await);
    let data_dir = pgdeck.data_dir.to_str().unwrap();
    assert_eq!(crate::common::run(&["user", "remove", "eve", "--data-dir", data_dir]).0, 0);
    assert_eq!(pgdeck.get("/").header("cookie", &cookie).send().await.unwrap().status(), 303);
}

#[tokio::test]
async fn wrong_names_and_passwords_get_the_same_response_and_are_rate_limited() {
    let pgdeck = with_eve();
    let wrong = pgdeck.sign_in("eve", "wrong").await;
    let unknown = pgdeck.sign_in("nobody", "wrong").await;
    assert_eq!(location(&wrong), "/sign-in?error=wrong&next=%2F");
    assert_eq!(location(&wrong), location(&unknown));
    for _ in 0..8 {
        pgdeck.sign_in("eve", "wrong").await;
    }
    let limited = pgdeck.sign_in("eve", PASSWORD).await;
    assert_eq!(limited.status(), 429, "also with the right password");
    assert_eq!(limited.headers()["retry-after"], "60");
}

#[tokio::test]
async fn a_stranger_cannot_lock_out_whoever_signed_in_before() {
    let pgdeck = with_eve();
    let first = pgdeck.sign_in("eve", PASSWORD).await;
    let cookies = first.headers().get_all("set-cookie").iter();
    let mut known = cookies.filter_map(|value| value.to_str().ok()?.split(';').next());
    let known = known.next_back().unwrap().to_owned();
    assert!(known.contains("-browser="), "{known}");
    for _ in 0..12 {
        pgdeck.sign_in("eve", "wrong").await;
    }
    assert_eq!(pgdeck.sign_in("eve", PASSWORD).await.status(), 429);
    let page = pgdeck.sign_in_page().await;
    let attempt = |browser: String, password: &str| {
        let body = with_token(&page, format!("name=eve&password={password}"));
        pgdeck.post("/login").header("cookie", format!("{page}; {browser}")).body(body).send()
    };
    let forged = known.replace(|c: char| c.is_ascii_digit(), "a");
    assert_eq!(attempt(forged, "correct+horse+battery").await.unwrap().status(), 429);
    let own = attempt(known.clone(), "correct+horse+battery").await.unwrap();
    assert_eq!((own.status().as_u16(), location(&own)), (303, "/"));
    for _ in 0..9 {
        let wrong = attempt(known.clone(), "wrong").await.unwrap();
        assert_eq!(location(&wrong), "/sign-in?error=wrong&next=%2F");
    }
    let limited = attempt(known, "correct+horse+battery").await.unwrap();
    assert_eq!(limited.status(), 429, "its own attempts are counted, too");
}

#[tokio::test]
async fn next_redirects_to_local_paths_only() {
    let pgdeck = with_eve();
    for (next, leads_to) in
        [("%2Fabout", "/about"), ("%2F%2Fevil.example", "/"), ("https%3A%2F%2Fevil.example", "/")]
    {
        let body = format!("name=eve&password=correct+horse+battery&next={next}");
        let page = pgdeck.sign_in_page().await;
        let answer = pgdeck.form("/login", &page, body).send().await.unwrap();
        assert_eq!(location(&answer), leads_to);
    }
}

#[tokio::test]
async fn behind_https_the_cookie_is_bound_to_the_host() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pgdeck.toml");
    std::fs::write(&path, "public_url = \"https://deck.example\"\n").unwrap();
    let data_dir = folder.path().join("data");
    add_user(&data_dir, "eve", &["--role", "viewer"]);
    let listen = format!("127.0.0.1:{}", free_port());
    let mut child = crate::common::pgdeck(&[
        "serve",
        UNREACHABLE,
        "--config",
        path.to_str().unwrap(),
        "--listen",
        &listen,
        "--data-dir",
        data_dir.to_str().unwrap(),
    ])
    .stdout(std::process::Stdio::piped())
    .spawn()
    .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(
        &mut std::io::BufReader::new(child.stdout.take().unwrap()),
        &mut line,
    )
    .unwrap();
    assert_eq!(
        line, "Open https://deck.example/\n",
        "no link that signs in where a proxy stands in front"
    );
    let client =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let page = client.get(format!("http://{listen}/sign-in")).header("host", "deck.example");
    let page = cookie(&page.send().await.unwrap());
    assert!(page.starts_with("__Host-pgdeck-443-sign-in="), "{page}");
    let answer = client
        .post(format!("http://{listen}/login"))
        .header("cookie", &page)
        .header("host", "deck.example")
        .header("origin", "https://deck.example")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(with_token(&page, "name=eve&password=correct+horse+battery"))
        .send()
        .await
        .unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let set = answer.headers()["set-cookie"].to_str().unwrap();
    assert!(set.starts_with("__Host-pgdeck-443=") && set.contains("; Secure"), "{set}");
    assert!(answer.headers().contains_key("strict-transport-security"));
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
