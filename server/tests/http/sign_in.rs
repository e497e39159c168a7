//! What people who are not signed in can cost: memory, body sizes; and who is signed out sees no more.

use std::time::{Duration, Instant};

use futures::StreamExt as _;
use model::Role;
use server::http::events::MAX_STREAMS_OF_A_PERSON;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use crate::client::{FORM, PASSWORD, UNREACHABLE, cookie, with_token};
use crate::in_process::InProcess;

/// The most memory this process has used, kB.
fn peak_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Sends a sign-in form from that loopback address.
async fn attempt(port: u16, address: [u8; 4], user: usize) -> std::io::Result<TcpStream> {
    let page = format!("pgdeck-{port}-sign-in=x");
    let body = with_token(&page, format!("name=user{user}&password=guess-guess-guess"));
    let request = format!(
        "POST /login HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncookie: {page}\r\nsec-fetch-site: same-origin\r\ncontent-type: {FORM}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let socket = TcpSocket::new_v4()?;
    socket.bind((address, 0).into())?;
    let mut stream = socket.connect(([127, 0, 0, 1], port).into()).await?;
    stream.write_all(request.as_bytes()).await?;
    Ok(stream)
}

/// Sends a sign-in form and hangs up.
async fn abandon(port: u16, address: [u8; 4], user: usize) -> std::io::Result<()> {
    let stream = attempt(port, address, user).await?;
    // Its hash has begun before the connection is closed.
    tokio::time::sleep(Duration::from_millis(15)).await;
    drop(stream);
    Ok(())
}

/// Waits until an attempt is answered otherwise than that too many are under way. Each is of another name from
/// another address: one may try ten times a minute only.
async fn until_they_are_through(port: u16) {
    let deadline = Instant::now() + Duration::from_secs(60);
    for number in 1_u8..=u8::MAX {
        let mut stream =
            attempt(port, [127, 0, 2, number], 1_000 + usize::from(number)).await.unwrap();
        let mut status = [0; 12];
        stream.read_exact(&mut status).await.unwrap();
        if !status.ends_with(b" 503") {
            return;
        }
        assert!(Instant::now() < deadline, "nobody can sign in");
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn abandoned_sign_in_attempts_do_not_pile_up_in_memory() {
    let pgdeck = InProcess::start(&[("eve", &[Role::Viewer], &[])]).await;
    let port: u16 = pgdeck.url.rsplit(':').next().unwrap().parse().unwrap();
    // One hash has been computed, so its memory is counted before.
    assert_eq!(pgdeck.sign_in("eve", PASSWORD).await.status(), 303);
    let before = peak_kb();
    let mut attempts = tokio::task::JoinSet::new();
    for number in 0..150_usize {
        // Ten from each address: as many as one may try in a minute.
        attempts.spawn(abandon(port, [127, 0, 1, 1 + (number / 10) as u8], number));
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    while let Some(attempt) = attempts.join_next().await {
        attempt.unwrap().unwrap();
    }
    // Those that wait are at most 64: sign-in works again when they are through.
    until_they_are_through(port).await;
    assert_eq!(pgdeck.sign_in("eve", PASSWORD).await.status(), 303);
    let grown = (peak_kb() - before) / 1024;
    assert!(grown < 120, "{grown} MiB for 150 attempts that nobody waits for");
}

#[tokio::test]
async fn without_a_session_only_a_small_body_is_read() {
    let pgdeck = InProcess::start(&[("eve", &[Role::Viewer], &[])]).await;
    let large = "x".repeat(5_000);
    for path in ["/login", "/api/sign_in_info"] {
        let answer =
            pgdeck.post(path).body(format!("name=eve&password={large}")).send().await.unwrap();
        assert!(answer.status().is_client_error(), "{path}: {}", answer.status());
    }
    let answer = pgdeck.post("/login").body(format!("name=eve&password={large}"));
    assert_eq!(answer.send().await.unwrap().status(), 413);
    assert_eq!(pgdeck.sign_in("eve", PASSWORD).await.status(), 303, "a person's is read");
}

#[tokio::test]
async fn a_stream_ends_within_five_seconds_after_its_session_or_another_role() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    let users: [(&str, &[Role], &[&str]); 4] = [
        ("leaves", &[Role::Viewer], &[]),
        ("removed", &[Role::Viewer], &[]),
        ("demoted", &[Role::Operator], &[]),
        ("stays", &[Role::Viewer], &[]),
    ];
    let dsns = [UNREACHABLE.to_owned()];
    let pgdeck = InProcess::watching_in(folder, &dsns, &users).await;
    let mut streams = Vec::new();
    for (name, ..) in users {
        let cookie = cookie(&pgdeck.sign_in(name, PASSWORD).await);
        let stream = pgdeck.get("/live?server=shop&area=activity").header("cookie", &cookie);
        let mut chunks = stream.send().await.unwrap().bytes_stream();
        assert!(chunks.next().await.unwrap().is_ok());
        streams.push((name, cookie, chunks));
    }
    let (_, leaving, _) = streams.first().unwrap();
    pgdeck.form("/logout", leaving, "").send().await.unwrap();
    let pool = server::database::open(&data_dir).await.unwrap();
    server::auth::users::remove(&pool, "removed").await.unwrap();
    let demote = "update users set roles = 'viewer' where name = 'demoted'";
    sqlx::query(demote).execute(&pool).await.unwrap();
    let changed = Instant::now();
    for (name, _, chunks) in &mut streams {
        let ending = async { while let Some(Ok(_)) = chunks.next().await {} };
        let ended = tokio::time::timeout(Duration::from_secs(15), ending);
        if *name == "stays" {
            assert!(changed.elapsed() < Duration::from_secs(6), "{:?}", changed.elapsed());
            assert!(ended.await.is_err(), "whom nothing happened to sees on");
        } else {
            ended.await.expect(name);
        }
    }
}

#[tokio::test]
async fn a_refusal_of_a_server_function_is_not_our_own_fault() {
    let users: [(&str, &[Role], &[&str]); 2] =
        [("viewer", &[Role::Viewer], &[]), ("outsider", &[Role::Operator], &["other"])];
    let pgdeck = InProcess::start(&users).await;
    let ask = r#"{"server":"shop","ask":{"action":"cancel","targets":[{"Session":{"pid":1,"backend_start_ms":1}}],"twice":false}}"#;
    for (user, wanted) in [("viewer", 403), ("outsider", 404)] {
        let cookie = cookie(&pgdeck.sign_in(user, PASSWORD).await);
        let request = pgdeck.post_as("/api/act_preview", "application/json").body(ask);
        let answer = request.header("cookie", &cookie).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), wanted, "{user}");
        let text = answer.text().await.unwrap();
        serde_json::from_str::<model::ApiError>(&text).expect("the error stays as it was");
        let malformed = pgdeck.post_as("/api/act_preview", "application/json").body("{}");
        let answer = malformed.header("cookie", &cookie).send().await.unwrap();
        assert!(answer.status().is_client_error(), "{}", answer.status());
    }
}

#[tokio::test]
async fn looking_whether_a_link_works_does_not_use_it_up() {
    let pgdeck = InProcess::start(&[]).await;
    let looked = reqwest::Client::new().head(&pgdeck.link).send().await.unwrap();
    assert_eq!(looked.status(), 200);
    assert!(looked.headers().get("set-cookie").is_none());
    pgdeck.sign_in_by_link().await;
}

#[tokio::test]
async fn one_person_does_not_take_the_streams_of_all() {
    let users: [(&str, &[Role], &[&str]); 2] =
        [("eve", &[Role::Viewer], &[]), ("bob", &[Role::Viewer], &[])];
    let pgdeck = InProcess::start(&users).await;
    let eve = cookie(&pgdeck.sign_in("eve", PASSWORD).await);
    let bob = cookie(&pgdeck.sign_in("bob", PASSWORD).await);
    let open = async |cookie: &str| {
        let request = pgdeck.get("/live?server=shop&area=activity").header("cookie", cookie);
        request.send().await.unwrap()
    };
    let mut streams = Vec::new();
    for _ in 0..MAX_STREAMS_OF_A_PERSON {
        let stream = open(&eve).await;
        assert_eq!(stream.status(), 200);
        streams.push(stream);
    }
    assert_eq!(open(&eve).await.status(), 429);
    assert_eq!(open(&bob).await.status(), 200);
    streams.pop();
    let deadline = Instant::now() + Duration::from_secs(20);
    while open(&eve).await.status() != 200 {
        assert!(Instant::now() < deadline, "a stream that is closed makes room");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
