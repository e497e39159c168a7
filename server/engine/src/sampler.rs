//! The sampling loop of one server: connect, run the ticks that are due, reconnect with backoff.
//!
//! Areas share one session and run one after another, each in one round trip. A tick that was due
//! while another ran is skipped, not queued. A panic ends the session, never the loop. Areas whose readings
//! take long have a loop of their own beside it, which opens a session for the readings that are due together.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use model::server::{ConnectionState, Facts};
use model::{AreaName, Reason};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use crate::areas;
use crate::capability;
use crate::clock::now_ms;
use crate::connection::Observer;
use crate::dsn::Dsn;
use crate::explain::planner::ServerPlanner;
use crate::rule::Limits;
use crate::server::WatchedServer;
use crate::store::Tick;

/// The first wait after a failed attempt.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// The longest wait between attempts: a server that is back is seen within ten seconds.
const LONGEST_WAIT: Duration = Duration::from_secs(4);

/// The least time between two readings that are asked for.
const LEAST_PAUSE: Duration = Duration::from_secs(1);

/// How long an area that panicked waits, so that the others are read meanwhile.
const PUT_OFF: Duration = Duration::from_secs(4);

/// Samples one server until the task is aborted.
pub async fn sample(server: Arc<WatchedServer>, dsn: Dsn, limits: Arc<Limits>) {
    tokio::join!(sample_live(&server, &dsn, &limits), sample_apart(&server, &dsn, &limits));
}

async fn sample_live(server: &Arc<WatchedServer>, dsn: &Dsn, limits: &Limits) {
    let mut wait = FIRST_WAIT;
    let mut said = None;
    let mut broken = None;
    loop {
        let session = AssertUnwindSafe(session(server, dsn, limits, broken)).catch_unwind();
        let ended = session.await.unwrap_or_else(|_| {
            Ended::NeverStarted(Reason::Broken { what: "Reading this server".into() })
        });
        let reason = match ended {
            Ended::NeverStarted(reason) => reason,
            Ended::Lost(reason, area) => {
                (wait, said) = (FIRST_WAIT, None);
                broken = area;
                reason
            }
        };
        if said.as_ref() != Some(&reason) {
            tracing::warn!(server = %server.id, reason = %reason.message(), "not connected");
        }
        server.lost(reason.clone());
        said = Some(reason);
        sleep(jittered(wait)).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// Reads the areas that have a session of their own; those that are due together share it. While the server cannot
/// be reached, the other loop says so for all areas.
async fn sample_apart(server: &Arc<WatchedServer>, dsn: &Dsn, limits: &Limits) {
    let mut schedule = schedule(Instant::now(), None, true);
    let mut asked = server.refresh.subscribe();
    let mut session = None;
    while let Some(due) = next(&mut schedule, &mut asked).await {
        let Some(facts) = server.facts().filter(|_| server.is_up()) else {
            due.at = Instant::now() + FIRST_WAIT;
            session = None;
            continue;
        };
        let (area, skipped) = (due.area, skip(due, Instant::now()));
        let open = session.take();
        let read = AssertUnwindSafe(apart(server, dsn, limits, open, (area, skipped), facts));
        let read = read
            .catch_unwind()
            .await
            .unwrap_or_else(|_| Err(Reason::Broken { what: format!("Reading {}", area.as_str()) }));
        match read {
            Ok(open) => session = Some(open).filter(|_| is_any_due(&schedule, Instant::now())),
            Err(reason) => server.store.fail_one(area, now_ms(), &reason),
        }
    }
}

fn is_any_due(schedule: &[Due], now: Instant) -> bool {
    schedule.iter().any(|due| due.at <= now)
}

/// Waits for the area that is due next; less long when somebody wants new readings. None: there is no area.
async fn next<'a>(schedule: &'a mut [Due], asked: &mut watch::Receiver<()>) -> Option<&'a mut Due> {
    loop {
        let at = schedule.iter().map(|due| due.at).min()?;
        tokio::select! {
            () = sleep_until(at) => break,
            Ok(()) = asked.changed() => hurry(schedule, Instant::now()),
        }
    }
    schedule.iter_mut().min_by_key(|due| due.at)
}

/// Somebody wants new readings: all are due, but none that was read a moment ago.
fn hurry(schedule: &mut [Due], now: Instant) {
    for due in schedule {
        let soonest = due.last.map_or(now, |last| (last + LEAST_PAUSE).max(now));
        due.at = due.at.min(soonest);
    }
}

/// One reading on a session of its own, which stays open for the next.
async fn apart(
    server: &Arc<WatchedServer>,
    dsn: &Dsn,
    limits: &Limits,
    open: Option<Observer>,
    (area, skipped): (AreaName, u64),
    facts: Facts,
) -> Result<Observer, Reason> {
    let mut observer = match open {
        Some(open) => open,
        None => Observer::open(dsn, &server.budget, Arc::clone(&server.overhead)).await?,
    };
    let now = tick(server, limits, &mut observer, &facts, skipped);
    server.store.tick(area, now).await?;
    Ok(observer)
}

fn tick<'a>(
    server: &'a Arc<WatchedServer>,
    limits: &'a Limits,
    observer: &'a mut Observer,
    facts: &'a Facts,
    skipped: u64,
) -> Tick<'a> {
    Tick {
        observer,
        facts,
        server: server.id.as_str(),
        recorder: server.recorder.as_ref(),
        past: server.past.as_ref(),
        planner: Some(Arc::new(ServerPlanner::new(server))),
        limits,
        overhead: &server.overhead,
        now_ms: now_ms(),
        skipped,
    }
}

/// How a session ended.
enum Ended {
    NeverStarted(Reason),
    /// With the area whose reading panicked.
    Lost(Reason, Option<AreaName>),
}

async fn session(
    server: &Arc<WatchedServer>,
    dsn: &Dsn,
    limits: &Limits,
    broken: Option<AreaName>,
) -> Ended {
    let opened = Observer::open(dsn, &server.budget, Arc::clone(&server.overhead)).await;
    let mut observer = match opened {
        Ok(observer) => observer,
        Err(reason) => return Ended::NeverStarted(reason),
    };
    let facts = match capability::read(&mut observer).await {
        Ok(Ok(facts)) => Facts { cores: server.cores.or(facts.cores), ..facts },
        Ok(Err(reason)) | Err(reason) => return Ended::NeverStarted(reason),
    };
    server.set_facts(facts.clone());
    if let Some(reason) = capability::unsupported(facts.major) {
        return Ended::NeverStarted(reason);
    }
    tracing::info!(server = %server.id, version = %facts.version, kind = facts.kind(), "connected");
    let schedule = schedule(Instant::now(), broken, false);
    let (reason, area) = tick_until_lost(server, limits, &mut observer, facts, schedule).await;
    let panicked = matches!(reason, Reason::Broken { .. });
    Ended::Lost(reason, area.filter(|_| panicked))
}

/// When each area is due.
struct Due {
    area: AreaName,
    every: Duration,
    at: Instant,
    /// When it was last read.
    last: Option<Instant>,
}

/// Every area at once that has a session of its own, or none; but for one that panicked in the session before.
fn schedule(start: Instant, broken: Option<AreaName>, own_session: bool) -> Vec<Due> {
    let due = |area: &areas::Entry| Due {
        area: area.name,
        every: Duration::from_millis(u64::from(area.every_ms)),
        at: if broken == Some(area.name) { start + PUT_OFF } else { start },
        last: None,
    };
    areas::ALL.iter().filter(|area| area.own_session == own_session).map(due).collect()
}

/// Why the session ended, and in which area.
async fn tick_until_lost(
    server: &Arc<WatchedServer>,
    limits: &Limits,
    observer: &mut Observer,
    mut facts: Facts,
    mut schedule: Vec<Due>,
) -> (Reason, Option<AreaName>) {
    let mut asked = server.refresh.subscribe();
    loop {
        let Some(due) = next(&mut schedule, &mut asked).await else {
            return (Reason::NotYet, None);
        };
        let skipped = skip(due, Instant::now());
        let now = tick(server, limits, observer, &facts, skipped);
        if let Err(reason) = server.store.tick(due.area, now).await {
            return (reason, Some(due.area));
        }
        server.set_link(ConnectionState::Up);
        // A promotion does not end sessions: an area sees it.
        if let Some(changed) = server.store.facts(due.area, &facts) {
            facts = changed;
            server.set_facts(facts.clone());
        }
    }
}

/// Moves `due` to its next time and says how many ticks were missed.
fn skip(due: &mut Due, now: Instant) -> u64 {
    due.last = Some(now);
    let late = now.saturating_duration_since(due.at);
    let missed = (late.as_nanos() / due.every.as_nanos().max(1)) as u64;
    due.at += due.every * (u32::try_from(missed).unwrap_or(u32::MAX - 1) + 1);
    missed
}

/// The wait, moved by up to a quarter either way, so that many servers are not asked in step.
fn jittered(wait: Duration) -> Duration {
    let spread = u64::from(std::time::UNIX_EPOCH.elapsed().map_or(0, |t| t.subsec_nanos()) % 500);
    wait.mul_f64(0.75 + spread as f64 / 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_that_panicked_lets_the_others_go_first() {
        let start = Instant::now();
        let last =
            schedule(start, Some(AreaName::Activity), false).into_iter().max_by_key(|due| due.at);
        assert_eq!(last.map(|due| (due.area, due.at)), Some((AreaName::Activity, start + PUT_OFF)));
        assert!(schedule(start, None, false).iter().all(|due| due.at == start));
    }

    #[test]
    fn whoever_asks_for_a_reading_gets_one_soon_and_not_twice() {
        let (start, every) = (Instant::now() + Duration::from_secs(100), Duration::from_secs(60));
        let mut schedule =
            [Due { area: AreaName::Tables, every, at: start + every, last: Some(start) }];
        for _ in 0..3 {
            hurry(&mut schedule, start + LEAST_PAUSE / 2);
            assert_eq!(schedule[0].at, start + LEAST_PAUSE, "the last reading was a moment ago");
        }
        schedule[0].at = start + every;
        hurry(&mut schedule, start + Duration::from_secs(30));
        assert_eq!(schedule[0].at, start + Duration::from_secs(30));
        hurry(&mut schedule, start + Duration::from_secs(31));
        assert_eq!(schedule[0].at, start + Duration::from_secs(30), "never later than it was");
    }

    #[test]
    fn a_late_tick_skips_instead_of_queueing() {
        let start = Instant::now();
        let every = Duration::from_secs(1);
        let mut due = Due { area: AreaName::Activity, every, at: start, last: None };
        assert_eq!(skip(&mut due, start), 0);
        assert_eq!(due.at, start + every);
        assert_eq!(skip(&mut due, start + Duration::from_millis(4_500)), 3);
        assert_eq!(due.at, start + 5 * every);
    }
}
