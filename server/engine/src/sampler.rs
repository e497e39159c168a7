//! The sampling loop of one server: connect, run the ticks that are due, reconnect with backoff.
//!
//! Areas share one session and run one after another, each in one round trip. A tick that was due
//! while another ran is skipped, not queued.

use std::sync::Arc;
use std::time::Duration;

use model::server::{ConnectionState, Facts};
use model::{AreaName, Reason};
use tokio::time::{Instant, sleep, sleep_until};

use crate::areas;
use crate::capability;
use crate::clock::now_ms;
use crate::connection::Observer;
use crate::dsn::Dsn;
use crate::rule::Limits;
use crate::server::WatchedServer;
use crate::store::Tick;

/// The first wait after a failed attempt.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// The longest wait between attempts: a server that is back is seen within ten seconds.
const LONGEST_WAIT: Duration = Duration::from_secs(4);

/// Samples one server until the task is aborted.
pub async fn sample(server: Arc<WatchedServer>, dsn: Dsn, limits: Arc<Limits>) {
    let mut wait = FIRST_WAIT;
    loop {
        match session(&server, &dsn, &limits).await {
            Ended::NeverStarted(reason) => {
                server.lost(reason);
                sleep(jittered(wait)).await;
                wait = (wait * 2).min(LONGEST_WAIT);
            }
            Ended::Lost(reason) => {
                tracing::warn!(server = %server.id, reason = %reason.message(), "connection lost");
                server.lost(reason);
                wait = FIRST_WAIT;
                sleep(jittered(wait)).await;
            }
        }
    }
}

/// How a session ended.
enum Ended {
    NeverStarted(Reason),
    Lost(Reason),
}

async fn session(server: &WatchedServer, dsn: &Dsn, limits: &Limits) -> Ended {
    let opened = Observer::open(dsn, &server.budget, Arc::clone(&server.overhead)).await;
    let mut observer = match opened {
        Ok(observer) => observer,
        Err(reason) => return Ended::NeverStarted(reason),
    };
    let facts = match capability::read(&mut observer).await {
        Ok(Ok(facts)) => facts,
        Ok(Err(reason)) | Err(reason) => return Ended::NeverStarted(reason),
    };
    server.set_facts(facts.clone());
    if let Some(reason) = capability::unsupported(facts.major) {
        return Ended::NeverStarted(reason);
    }
    tracing::info!(server = %server.id, version = %facts.version, kind = facts.kind(), "connected");
    Ended::Lost(tick_until_lost(server, limits, &mut observer, facts).await)
}

/// When each area is due.
struct Due {
    area: AreaName,
    every: Duration,
    at: Instant,
}

async fn tick_until_lost(
    server: &WatchedServer,
    limits: &Limits,
    observer: &mut Observer,
    mut facts: Facts,
) -> Reason {
    let start = Instant::now();
    let mut schedule: Vec<Due> = areas::ALL
        .iter()
        .map(|area| Due {
            area: area.name,
            every: Duration::from_millis(u64::from(area.every_ms)),
            at: start,
        })
        .collect();
    loop {
        let Some(due) = schedule.iter_mut().min_by_key(|due| due.at) else {
            return Reason::NotYet;
        };
        sleep_until(due.at).await;
        let skipped = skip(due, Instant::now());
        let now = Tick {
            observer,
            facts: &facts,
            limits,
            overhead: &server.overhead,
            now_ms: now_ms(),
            skipped,
        };
        if let Err(reason) = server.store.tick(due.area, now).await {
            return reason;
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
    fn a_late_tick_skips_instead_of_queueing() {
        let start = Instant::now();
        let every = Duration::from_secs(1);
        let mut due = Due { area: AreaName::Activity, every, at: start };
        assert_eq!(skip(&mut due, start), 0);
        assert_eq!(due.at, start + every);
        assert_eq!(skip(&mut due, start + Duration::from_millis(4_500)), 3);
        assert_eq!(due.at, start + 5 * every);
    }
}
