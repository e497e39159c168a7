//! A disk that takes no more, and file descriptors that have run out: that costs recording or a new connection,
//! never looking, and heals by itself. The limits are set by prlimit(1), which needs no privileges.

use std::process::Command;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::common::{PASSWORD, Running, add_user, cookie};

/// What has not come about on a busy machine by then never will.
const PATIENCE: Duration = Duration::from_secs(60);

fn configured(server: &playground::Server) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    let text = format!("[[servers]]\nname = \"shop\"\ndsn = \"{}\"\n", server.dsn());
    std::fs::write(file.path(), text).unwrap();
    file
}

/// Sets a soft limit of a running pgdeck.
fn limit(pgdeck: &Running, limit: &str) {
    let pid = pgdeck.pid().to_string();
    let set = Command::new("prlimit").args(["--pid", &pid, limit]).status().unwrap();
    assert!(set.success(), "{limit}");
}

async fn page(pgdeck: &Running, cookie: &str, path: &str) -> (u16, String) {
    let answer = pgdeck.get(path).header("cookie", cookie).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// Waits until a page holds these words.
async fn shows(pgdeck: &Running, cookie: &str, path: &str, words: &str) {
    let started = Instant::now();
    loop {
        let (status, text) = page(pgdeck, cookie, path).await;
        assert_eq!(status, 200, "{path}");
        if text.contains(words) {
            return;
        }
        assert!(started.elapsed() < PATIENCE, "{path} does not say {words}: {text}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn round_trips(pgdeck: &Running) -> u64 {
    let text = pgdeck.get("/metrics").send().await.unwrap().text().await.unwrap();
    let name = "pgdeck_round_trips_total{server=\"shop\"} ";
    text.lines().find_map(|line| line.strip_prefix(name)).unwrap().parse().unwrap()
}

/// Waits for readings after this moment.
async fn goes_on(pgdeck: &Running) {
    let (before, started) = (round_trips(pgdeck).await, Instant::now());
    while round_trips(pgdeck).await < before + 4 {
        assert!(started.elapsed() < PATIENCE, "nothing is read any more");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Waits until a metric has this value.
async fn metric(pgdeck: &Running, line: &str) {
    let started = Instant::now();
    loop {
        let text = pgdeck.get("/metrics").send().await.unwrap().text().await.unwrap();
        if text.lines().any(|one| one == line) {
            return;
        }
        assert!(started.elapsed() < PATIENCE, "no {line}: {text}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Ends the sessions of pgdeck on its server, and waits until it has seen that.
async fn end_sessions(server: &playground::Server, pgdeck: &Running) {
    let lost = || pgdeck.log().matches("57P01").count();
    let (before, started) = (lost(), Instant::now());
    server
        .exec("select pg_terminate_backend(pid) from pg_stat_activity where application_name ~ '^pgdeck '")
        .await
        .unwrap();
    while lost() == before {
        assert!(started.elapsed() < PATIENCE, "{}", pgdeck.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_full_disk_costs_recording_and_never_looking() {
    let server = playground::server(17).await.unwrap();
    let file = configured(&server);
    let pgdeck = Running::configured(file.path().to_str().unwrap(), |data_dir| {
        add_user(data_dir, "eve", &["--role", "admin"]);
    });
    let eve = cookie(&pgdeck.sign_in("eve", PASSWORD).await);
    goes_on(&pgdeck).await;
    shows(&pgdeck, &eve, "/about", "Readings are being recorded.").await;

    // No file takes a byte any more, the log neither: to SQLite that is a disk that does not work.
    limit(&pgdeck, "--fsize=0:");
    shows(&pgdeck, &eve, "/about", "Nothing is recorded since").await;
    let pages =
        ["/", "/s/shop", "/s/shop/activity", "/s/shop/locks", "/about", "/audit", "/healthz"];
    for path in pages {
        assert_eq!(page(&pgdeck, &eve, path).await.0, 200, "{path}");
    }
    let (_, fleet) = page(&pgdeck, &eve, "/").await;
    assert!(fleet.contains("About says why."), "every page says it: {fleet}");
    goes_on(&pgdeck).await;

    limit(&pgdeck, "--fsize=unlimited:");
    shows(&pgdeck, &eve, "/about", "Readings are being recorded.").await;
    let (code, log) = tokio::task::spawn_blocking(move || pgdeck.terminate()).await.unwrap();
    assert!(code == 0 && !log.contains("panicked"), "{log}");
}

#[tokio::test]
async fn without_file_descriptors_the_watch_goes_on() {
    let server = playground::server(17).await.unwrap();
    let file = configured(&server);
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    let pgdeck = Running::with_files(file.path().to_str().unwrap(), &data_dir, 96);
    let me = pgdeck.sign_in_by_link().await;
    goes_on(&pgdeck).await;
    let address = pgdeck.url.strip_prefix("http://").unwrap().to_owned();
    let mut idle = Vec::new();
    for _ in 0..120 {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
        idle.push(stream);
    }
    // A client that was there is answered, and there are descriptors left for the server to connect again.
    end_sessions(&server, &pgdeck).await;
    metric(&pgdeck, "pg_up{server=\"shop\"} 1").await;
    goes_on(&pgdeck).await;
    assert_eq!(page(&pgdeck, &me, "/s/shop").await.0, 200);

    // Not a single one is left: what is open goes on, and what is not says why.
    limit(&pgdeck, "--nofile=3:");
    goes_on(&pgdeck).await;
    end_sessions(&server, &pgdeck).await;
    shows(&pgdeck, &me, "/s/shop", "Too many open files").await;
    drop(idle);
    limit(&pgdeck, "--nofile=96:");
    goes_on(&pgdeck).await;
    let (code, log) = tokio::task::spawn_blocking(move || pgdeck.terminate()).await.unwrap();
    assert!(code == 0 && !log.contains("panicked"), "{log}");
}

#[test]
fn a_second_pgdeck_on_the_same_data_says_who_has_it() {
    let pgdeck = Running::start(&[], |_| {});
    let data_dir = pgdeck.data_dir.to_str().unwrap();
    let second =
        ["serve", "--listen", "127.0.0.1:0", "--data-dir", data_dir, crate::common::UNREACHABLE];
    let (code, _, said) = crate::common::run(&second);
    let who =
        format!("another pgdeck (process {}) serves the data directory {data_dir}", pgdeck.pid());
    assert!(code == 1 && said.contains(&who), "{code} {said}");
    assert!(said.contains("stop it, or name another directory with --data-dir."), "{said}");
    pgdeck.kill();
    let file = pgdeck.data_dir.join("again.toml");
    std::fs::write(
        &file,
        format!("[[servers]]\nname = \"shop\"\ndsn = \"{}\"\n", crate::common::UNREACHABLE),
    )
    .unwrap();
    let again = Running::in_folder(file.to_str().unwrap(), &pgdeck.data_dir);
    assert_eq!(again.terminate().0, 0, "a killed one leaves no lock");
}

/// It has started itself once more, in the same process and under its name.
#[test]
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn large_blocks_of_memory_go_back_to_the_system() {
    let pgdeck = Running::start(&[], |_| {});
    let read = |what| std::fs::read_to_string(format!("/proc/{}/{what}", pgdeck.pid())).unwrap();
    assert!(read("environ").contains("GLIBC_TUNABLES=glibc.malloc.mmap_threshold=131072\0"));
    assert_eq!(read("comm"), "pgdeck\n");
    assert!(read("cmdline").starts_with(env!("CARGO_BIN_EXE_pgdeck")), "{}", read("cmdline"));
}
