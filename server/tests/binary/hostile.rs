//! Ten hostile servers beside a real one: the process stays small, the real one is read, pages answer, and each
//! hostile one is shown as lost with its reason.

use std::time::{Duration, Instant};

use playground::attack::{ATTACKS, ATTACKS_WITH_ROWS, Attack};
use playground::{HostileServer, Phase};

use crate::actions::text;
use crate::common::Running;

/// What the process may hold at most besides the pages of its own file, MiB: a small container.
const MEMORY_MIB: u64 = 256;
/// Readings of the real server that are waited for while all others attack.
const READINGS: u64 = 12;
/// How often the one that is believed sends each row.
const REPEATED: usize = 300;
/// What has not come about on a busy machine by then never will.
const PATIENCE: Duration = Duration::from_secs(60);

/// Which attacks, and when; what a page then says of them.
const HOSTILE: [(&str, Phase, &str); 10] = [
    ("a message of the greatest length", Phase::SignIn, "sent a message of 2\u{a0}GiB"),
    ("parameters without an end", Phase::SignIn, "while pgdeck signed in"),
    ("no protocol", Phase::SignIn, "does not speak the PostgreSQL protocol"),
    ("an error of 373 MB", Phase::Query, "sent a message of 373\u{a0}MiB"),
    ("statements end again and again", Phase::Query, "more ends of statements"),
    ("notices without an end", Phase::Query, "more notices and parameters"),
    ("a value of 1 GB", Phase::Fetch, "sent a row of 1\u{a0}GiB"),
    ("texts of 5 MB without an end", Phase::Fetch, "sends more than was asked for"),
    ("rows without an end", Phase::Fetch, "sends more than was asked for"),
    ("a value longer than its row", Phase::Fetch, "malformed PostgreSQL message"),
];

fn attack(name: &str) -> Attack {
    *ATTACKS.iter().chain(&ATTACKS_WITH_ROWS).find(|attack| attack.name == name).unwrap()
}

/// How often the activity of the real server was read.
async fn readings(pgdeck: &Running) -> u64 {
    let metrics = pgdeck.get("/metrics").send().await.unwrap().text().await.unwrap();
    let name = "pgdeck_area_readings_total{server=\"real\",area=\"activity\"} ";
    let line = metrics.lines().find_map(|line| line.strip_prefix(name));
    line.map_or(0, |count| count.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_hostile_servers_neither_exhaust_nor_stop_pgdeck() {
    let server = playground::server(17).await.unwrap();
    server
        .exec("create role watcher login password 'w'; grant pg_monitor to watcher")
        .await
        .unwrap();
    let mut file = String::new();
    let mut add = |name: &str, dsn: &str| {
        file.push_str(&format!("[[servers]]\nname = \"{name}\"\ndsn = \"{dsn}\"\n"));
    };
    add("real", &server.dsn_for("watcher", "w", "postgres"));
    let mut hostile = Vec::new();
    for (n, (name, phase, _)) in HOSTILE.iter().enumerate() {
        let one = HostileServer::before(&server, attack(name), *phase).await.unwrap();
        add(&format!("hostile{n}"), &one.dsn_for("watcher", "w", "postgres"));
        hostile.push(one);
    }
    // This one is believed: its rows are true, only too many.
    let repeating = HostileServer::repeating(&server, REPEATED).await.unwrap();
    add("repeating", &repeating.dsn_for("watcher", "w", "postgres"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pgdeck.toml");
    std::fs::write(&path, file).unwrap();
    let pgdeck = Running::configured(path.to_str().unwrap(), |_| {});
    let cookie = pgdeck.sign_in_by_link().await;

    let (started, mut last, mut seen) = (Instant::now(), Instant::now(), 0);
    let (mut longest, mut slowest) = (Duration::ZERO, Duration::ZERO);
    while seen < READINGS {
        let asked = Instant::now();
        for page in ["/healthz", "/", "/s/real/activity"] {
            let answer = pgdeck.get(page).header("cookie", &cookie).send().await.unwrap();
            assert_eq!(answer.status(), 200, "{page}");
            slowest = slowest.max(asked.elapsed());
        }
        let now = readings(&pgdeck).await;
        longest = longest.max(last.elapsed());
        if now > seen {
            (seen, last) = (now, Instant::now());
        }
        assert!(last.elapsed() < PATIENCE, "the real server is not read: {seen}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    for (n, (name, phase, said)) in HOSTILE.iter().enumerate() {
        let page = format!("/s/hostile{n}");
        loop {
            let answer = pgdeck.get(&page).header("cookie", &cookie).send().await.unwrap();
            let shown = text(&answer.text().await.unwrap());
            if shown.contains(said) {
                break;
            }
            assert!(started.elapsed() < 2 * PATIENCE, "{phase:?}: {name}: {shown}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
    let (peak, file) = pgdeck.peak_mib();
    println!(
        "{} of {} hostile servers told; at most {peak} MiB, {file} MiB of them the program itself; real server unread for at most {longest:.1?}; three pages took at most {slowest:.1?}",
        hostile.len(),
        HOSTILE.len()
    );
    assert!(peak - file <= MEMORY_MIB, "{peak} MiB, {file} MiB of them the program itself");
}
