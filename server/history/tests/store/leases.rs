//! Several processes on one store: each records some of the servers, one that dies or is paused is taken over,
//! and nothing is counted twice.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use history::{Address, History, Point, Settings, Source};

use crate::workload::*;

const START: i64 = 1_780_000_000_000;
const TICK_MS: i64 = 100;
const SERVERS: [&str; 4] = ["a", "b", "c", "d"];
/// Says to a process that it is the one to be killed, and which store.
const URL: &str = "PGDECK_SHARED_HISTORY_TO_BE_KILLED";

fn server(name: &str) -> Source {
    Source::new("7", name, "statements")
}

fn by_hand(lease_ms: u64) -> Settings {
    Settings { lease_ms, ..QUIET }
}

async fn connect(url: &str, settings: Settings) -> History {
    History::connect(&Address::parse(url).unwrap(), settings).await.unwrap()
}

/// One call per server, at a time.
fn read(history: &History, at_ms: i64, servers: &[&str]) {
    for name in servers {
        let points = vec![Point::new(&statement(1), CALLS, 1.0)];
        history.recorder().append(&server(name), at_ms, TICK_MS as u32, points);
    }
}

/// How many servers a process records.
async fn records(history: &History) -> u64 {
    history.about().await.unwrap().shared.unwrap().servers
}

/// Ticks and calls of a server.
async fn recorded(history: &History, name: &str) -> (u64, f64) {
    let totals = history.totals(&server(name), EVERYTHING, 0, i64::MAX / 2).await.unwrap();
    (totals.ticks, totals.rows.iter().map(|row| row.sum).sum())
}

#[tokio::test]
async fn a_newcomer_takes_its_share_and_leaves_it_without_a_gap() {
    let postgres = playground::server(18).await.unwrap();
    let url = postgres.dsn();
    let one = connect(&url, by_hand(2_000)).await;
    let mut tick = 0;
    let mut step = async |histories: &[&History]| {
        tick += 1;
        for history in histories {
            read(history, START + tick * TICK_MS, &SERVERS);
        }
        for history in histories {
            history.flush().await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        tick
    };
    step(&[&one]).await;
    assert_eq!(records(&one).await, 4, "alone it records all");
    let two = connect(&url, by_hand(2_000)).await;
    let until = Instant::now() + Duration::from_secs(40);
    while (records(&one).await, records(&two).await) != (2, 2) {
        assert!(Instant::now() < until, "they do not share");
        step(&[&one, &two]).await;
    }
    let about = two.about().await.unwrap();
    assert_eq!(about.shared.unwrap().processes, 2);
    assert!(about.path.to_string_lossy().starts_with("postgres://127.0.0.1:"), "{:?}", about.path);
    // Either of them answers for all servers, also for those that the other records.
    for _ in 0..10 {
        step(&[&one, &two]).await;
    }
    two.close().await.unwrap();
    let mut last = 0;
    while records(&one).await != 4 {
        assert!(Instant::now() < until, "what was left is not taken");
        last = step(&[&one]).await;
    }
    for name in SERVERS {
        assert_eq!(recorded(&one, name).await, (last as u64, last as f64), "{name}");
        assert_eq!(one.gaps(&server(name), 0, i64::MAX).await.unwrap(), []);
    }
}

#[tokio::test]
async fn a_paused_process_that_wakes_up_writes_nothing_twice() {
    let postgres = playground::server(17).await.unwrap();
    let url = postgres.dsn();
    let paused = connect(&url, by_hand(300)).await;
    read(&paused, START + TICK_MS, &["a"]);
    paused.flush().await.unwrap();
    let other = connect(&url, by_hand(300)).await;
    for tick in 2..=9 {
        read(&paused, START + tick * TICK_MS, &["a"]);
        read(&other, START + tick * TICK_MS, &["a"]);
    }
    other.flush().await.unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    while records(&other).await == 0 {
        assert!(Instant::now() < until, "it is not taken over");
        tokio::time::sleep(Duration::from_millis(50)).await;
        other.flush().await.unwrap();
    }
    assert_eq!(recorded(&other, "a").await, (9, 9.0), "with what it had read before");
    // The other one wakes up in the belief that it still records the server.
    paused.flush().await.unwrap();
    assert_eq!(recorded(&other, "a").await, (9, 9.0));
    // Their ticks are never at the same time: none begins within one of the other's.
    let until = Instant::now() + Duration::from_secs(20);
    let mut at = START + 10 * TICK_MS + 37;
    drop(other);
    while records(&paused).await == 0 {
        assert!(Instant::now() < until, "it is not taken back");
        read(&paused, at, &["a"]);
        at += TICK_MS;
        tokio::time::sleep(Duration::from_millis(50)).await;
        paused.flush().await.unwrap();
    }
    let ticks = (at - START - 10 * TICK_MS) / TICK_MS;
    assert_eq!(recorded(&paused, "a").await.0, 9 + ticks as u64);
}

/// Ticks that both processes read at the same times, those of the system's clock.
async fn read_for(history: &History, time: Duration, last: &mut i64) {
    let until = Instant::now() + time;
    while Instant::now() < until {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64;
        let at = now - now % TICK_MS;
        if at > *last {
            *last = at;
            read(history, at, &SERVERS);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

const ALONE: Settings = Settings { lease_ms: 2_000, flush_ms: 200, background: true, ..QUIET };

#[tokio::test]
async fn the_process_to_be_killed() {
    // Runs only when it is started by the test below.
    if let Ok(url) = std::env::var(URL) {
        read_for(&connect(&url, ALONE).await, Duration::from_secs(120), &mut 0).await;
    }
}

/// A process that does not outlive its test.
struct Other(Child);

impl Drop for Other {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn start(url: &str) -> Other {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["leases::the_process_to_be_killed", "--exact", "--nocapture"])
        .env(URL, url)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    Other(child.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_process_is_taken_over_at_once() {
    let postgres = playground::server(17).await.unwrap();
    let url = postgres.dsn();
    let mut child = start(&url);
    let here = connect(&url, ALONE).await;
    let (until, mut last) = (Instant::now() + Duration::from_secs(60), 0);
    while !(1..=3).contains(&records(&here).await) {
        assert!(Instant::now() < until, "they do not share");
        assert_eq!(child.0.try_wait().unwrap(), None, "it ended by itself");
        read_for(&here, Duration::from_millis(200), &mut last).await;
    }
    read_for(&here, Duration::from_millis(600), &mut last).await;
    drop(child);
    let killed = Instant::now();
    while records(&here).await != 4 {
        assert!(Instant::now() < until, "it is not taken over");
        read_for(&here, Duration::from_millis(100), &mut last).await;
    }
    // A lease is 15 seconds long otherwise; what comes after its end is not longer for that.
    let took = killed.elapsed() + Duration::from_millis(15_000 - ALONE.lease_ms);
    assert!(took < Duration::from_secs(30), "{took:?}");
    read_for(&here, Duration::from_millis(300), &mut last).await;
    here.flush().await.unwrap();
    for name in SERVERS {
        let known = here.sources().await.unwrap();
        let known = known.iter().find(|known| known.thing == server(name)).unwrap();
        let (from, to) = (known.first_ms, known.last_ms + 1);
        let range = here.range(&server(name), &statement(1), CALLS.name, from, to, 10_000).await;
        let buckets = range.unwrap().buckets;
        assert!(buckets.len() > 10, "{} ticks", buckets.len());
        let twice = buckets.iter().find(|tick| (tick.ticks, tick.sum) != (1, 1.0));
        assert_eq!(twice, None, "{name}");
        let steps = buckets.windows(2).map(|pair| pair[1].at_ms - pair[0].at_ms);
        // A busy machine may leave a tick out; whoever records, it is the same clock.
        let longest = steps.max().unwrap();
        assert!(longest < ALONE.lease_ms as i64, "{name}: a gap of {longest} ms");
    }
}
