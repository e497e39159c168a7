//! SIGHUP: the configuration is read again while pgdeck runs. A closed terminal, which sends the same signal, ends it.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use futures::StreamExt;

use crate::common::{PASSWORD, Running, UNREACHABLE, add_user, cookie};

/// What has not come about on a busy machine by then never will.
const PATIENCE: Duration = Duration::from_secs(60);

/// A configuration file that the test changes.
struct Configuration {
    folder: tempfile::TempDir,
    kept: String,
}

impl Configuration {
    /// Of a server that stays as it is.
    fn of(kept: &str) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), kept: kept.to_owned() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("pgdeck.toml")
    }

    /// Writes it with more keys before, and more servers after it.
    fn write(&self, keys: &str, servers: &[(&str, &str)]) {
        let mut text = format!("{keys}\n[[servers]]\nname = \"kept\"\ndsn = \"{}\"\n", self.kept);
        for (name, dsn) in servers {
            text.push_str(&format!("[[servers]]\nname = \"{name}\"\ndsn = \"{dsn}\"\n"));
        }
        std::fs::write(self.path(), text).unwrap();
    }
}

async fn metrics(pgdeck: &Running, token: Option<&str>) -> (u16, String) {
    let mut request = pgdeck.get("/metrics").header("x-real-ip", "192.0.2.1");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// Round trips to a server; None: it is not watched.
async fn round_trips(pgdeck: &Running, server: &str) -> Option<u64> {
    let text = pgdeck.get("/metrics").send().await.unwrap().text().await.unwrap();
    let name = format!("pgdeck_round_trips_total{{server=\"{server}\"}} ");
    text.lines().find_map(|line| line.strip_prefix(&name))?.parse().ok()
}

/// Waits until the log says it; all of the log.
async fn logged(pgdeck: &Running, said: &str) -> String {
    let started = Instant::now();
    loop {
        let log = pgdeck.log();
        if log.contains(said) {
            return log;
        }
        assert!(started.elapsed() < PATIENCE, "{said} is not in the log: {log}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn sighup_changes_what_can_change_and_names_the_rest() {
    let server = playground::server(17).await.unwrap();
    let file = Configuration::of(&server.dsn());
    file.write("metrics_token = \"one\"", &[("gone", UNREACHABLE), ("other", UNREACHABLE)]);
    let pgdeck = Running::configured(file.path().to_str().unwrap(), |data_dir| {
        add_user(data_dir, "eve", &["--role", "admin"]);
    });
    let eve = cookie(&pgdeck.sign_in("eve", PASSWORD).await);
    while round_trips(&pgdeck, "kept").await.unwrap_or_default() < 5 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    // One mistake, and all stays as it was.
    file.write("metrics_token = \"two\"\nno_such_key = 1", &[("new", UNREACHABLE)]);
    pgdeck.hang_up();
    let log = logged(&pgdeck, "stays as it was").await;
    assert!(log.contains("pgdeck.toml, line 2, key no_such_key"), "{log}");
    assert_eq!(metrics(&pgdeck, Some("one")).await.0, 200);
    assert!(round_trips(&pgdeck, "gone").await.is_some());

    let stream = pgdeck.get("/live?server=kept&area=activity").header("cookie", &eve);
    let mut stream = stream.send().await.unwrap().bytes_stream();
    assert!(stream.next().await.unwrap().is_ok());
    let before = round_trips(&pgdeck, "kept").await.unwrap();
    let elsewhere = UNREACHABLE.replace("reader", "writer");
    file.write(
        "metrics_token = \"two\"\nlisten = \"127.0.0.1:9\"\nhistory = \"off\"",
        &[("new", UNREACHABLE), ("other", &elsewhere)],
    );
    pgdeck.hang_up();
    let said = "the configuration was read again: new: new; changed and connected anew: other; \
                no longer watched: gone; only a restart changes history";
    logged(&pgdeck, said).await;
    assert_eq!(metrics(&pgdeck, Some("one")).await.0, 401);
    assert_eq!(metrics(&pgdeck, Some("two")).await.0, 200);
    assert!(round_trips(&pgdeck, "gone").await.is_none());
    assert!(round_trips(&pgdeck, "new").await.is_some());
    assert!(round_trips(&pgdeck, "kept").await.unwrap() >= before, "its sampler went on");
    while let Some(chunk) = stream.next().await {
        let text = String::from_utf8_lossy(&chunk.unwrap()).into_owned();
        assert!(!text.contains("event: stopping"), "pages open it again at once");
    }
    let page = async |path: &str| {
        let answer = pgdeck.get(path).header("cookie", &eve).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    assert_eq!((page("/s/new").await.0, page("/s/gone").await.0), (200, 404));
    let audit = page("/audit.csv").await.1;
    assert!(audit.contains("configure,pgdeck,on SIGHUP"), "{audit}");
    assert!(
        audit.contains("server other, dsn = writer@") && !audit.contains("history = off"),
        "{audit}"
    );

    // Limits are taken over without a new store: what was read of the server is still there.
    file.write("[rules.\"activity/connection_use\"]\nwarn_from_percent = 77", &[]);
    pgdeck.hang_up();
    let log = logged(&pgdeck, "the limits of rules have changed").await;
    assert!(log.contains("no longer watched: new, other"), "{log}");
    assert!(round_trips(&pgdeck, "kept").await.unwrap() >= before, "it has kept its readings");
    let more = round_trips(&pgdeck, "kept").await.unwrap() + 3;
    while round_trips(&pgdeck, "kept").await.unwrap() < more {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(page("/rules").await.1.contains("77"));
    let (code, log) = tokio::task::spawn_blocking(move || pgdeck.terminate()).await.unwrap();
    assert_eq!(code, 0, "{log}");
}

#[test]
fn a_closed_terminal_ends_pgdeck_in_order() {
    if Command::new("script").arg("--version").output().is_err() {
        eprintln!("passed over: there is no script(1) here to make a terminal");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (data, log) = (place("data"), place("log"));
    let binary = env!("CARGO_BIN_EXE_pgdeck");
    let serve = format!(
        "exec {binary} serve --listen 127.0.0.1:0 --data-dir {data} {UNREACHABLE} >{log} 2>&1"
    );
    let mut terminal = Command::new("script")
        .args(["-qec", &serve, "/dev/null"])
        .env_clear()
        .envs([("USER", "tester"), ("PGDECK_AUDIT_ANCHOR", place("anchor").as_str())])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let said = || std::fs::read_to_string(&log).unwrap_or_default();
    let sockets = || server::control::sockets(std::path::Path::new(&data)).len();
    let wait = |until: &dyn Fn() -> bool| {
        let started = Instant::now();
        while !until() {
            assert!(started.elapsed() < PATIENCE, "{}", said());
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    wait(&|| said().contains("Open ") && sockets() == 1);
    terminal.kill().unwrap();
    terminal.wait().unwrap();
    wait(&|| sockets() == 0);
    assert!(!said().contains("the configuration"), "it ends, and reads nothing again: {}", said());
}
