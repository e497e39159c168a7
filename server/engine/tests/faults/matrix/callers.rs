//! Who meets a fault: the sampler, a person's EXPLAIN, and an action.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use engine::Engine;
use engine::actions::ActionSession;
use engine::areas::activity::ActivityArea;
use engine::connection::STATEMENT_TIMEOUT_MS;
use engine::connection::budget::CONNECT_TIMEOUT;
use model::action::{Action, Ask, Outcome, Target};
use model::explain::{Mode, NotExplained, Options, Request, RunId};
use model::server::ConnectionState;
use model::{AreaName, Reason, Role, ServerId, User};
use playground::FaultPhase;

use super::{PAGES, Place};
use crate::HEALS_WITHIN;
use crate::support::{PATIENCE, Result, link, ticks};

/// What an answer may take beyond its deadline: "deadline + 2 s".
pub const SLACK: Duration = Duration::from_secs(2);
/// Our own deadline for a statement (`docs/limits.md#connections`).
const STATEMENT: Duration = Duration::from_millis(STATEMENT_TIMEOUT_MS + 2_000);
/// The interval of the area that is read most often, and the first wait before connecting again.
const TICK: Duration = Duration::from_secs(1);
/// How often a state is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// A caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    Sampler,
    Page,
    Action,
}

impl Caller {
    pub const ALL: [Caller; 3] = [Caller::Sampler, Caller::Page, Caller::Action];

    /// When it has to have its answer.
    pub fn deadline(self, place: &Place) -> Duration {
        if place.fault.is_slow() {
            // Each of its statements may take that long: one that looks and one that asks.
            return CONNECT_TIMEOUT + 2 * STATEMENT;
        }
        let signs_in = matches!(place.phase, FaultPhase::Connect | FaultPhase::Startup);
        match (self, signs_in) {
            // Both sign in with the same password: one waits for its turn, and then connects.
            (Caller::Sampler, true) => TICK + 2 * CONNECT_TIMEOUT,
            (Caller::Page, true) => 2 * CONNECT_TIMEOUT,
            (Caller::Sampler, false) => TICK + STATEMENT,
            (Caller::Action, true) => CONNECT_TIMEOUT,
            (Caller::Page | Caller::Action, false) => STATEMENT,
        }
    }
}

/// What a caller was told.
#[derive(Debug)]
pub enum Said {
    /// What it asked for.
    Answered,
    /// No answer in time, by the words of EXPLAIN.
    Late,
    Unknown(Reason),
    Other(String),
}

/// The same, and when.
#[derive(Debug)]
pub struct Answer {
    pub said: Said,
    pub took: Duration,
}

/// The sampler's first word that tells what happened: that its server is lost and why, or a reading.
pub async fn sampler(engine: &Engine, place: &Place) -> Answer {
    let (started, id) = (Instant::now(), place.id());
    let began_ms = engine.now_ms();
    let told = || match link(engine, id.as_str()) {
        ConnectionState::Lost { reason, .. } => Said::Unknown(reason),
        ConnectionState::Up if reading(engine, &id).is_some_and(|at_ms| at_ms > began_ms) => {
            Said::Answered
        }
        _ => Said::Other("nothing yet".into()),
    };
    let given_up = Caller::Sampler.deadline(place) + 2 * SLACK;
    loop {
        let said = told();
        let took = started.elapsed();
        if place.fault.is_told_by(&said) || took > given_up {
            return Answer { said, took };
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// When the newest reading was taken.
fn reading(engine: &Engine, id: &ServerId) -> Option<i64> {
    Some(engine.latest::<ActivityArea>(id)?.reading?.at_ms)
}

/// A person's EXPLAIN.
pub async fn page(engine: &Engine, place: &Place) -> Answer {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let started = Instant::now();
    let person = User { name: "ann".into(), roles: vec![Role::Analyst], servers: vec![] };
    let request = Request {
        run: RunId::new(u128::from(NEXT.fetch_add(1, Ordering::Relaxed)).to_be_bytes()),
        statement: "select count(*) from pg_class join pg_attribute on attrelid = pg_class.oid"
            .into(),
        database: Some(PAGES.into()),
        parameters: vec![],
        mode: Mode::Plan,
        options: Options {
            timeout_ms: u32::try_from(STATEMENT_TIMEOUT_MS).ok(),
            ..Options::default()
        },
    };
    let said = match engine.explain(&place.id(), &person, request).await {
        Ok(explained) if explained.plan.contains("Aggregate") => Said::Answered,
        Ok(explained) => Said::Other(explained.plan),
        Err(NotExplained::Unknown(reason)) => Said::Unknown(reason),
        Err(NotExplained::TimedOut { waited_for, .. }) if waited_for == "any answer" => Said::Late,
        Err(other) => Said::Other(other.message()),
    };
    Answer { said, took: started.elapsed() }
}

/// Waits until all has been read once and only the session that stays is there: nobody is to wait for others'
/// sessions.
pub async fn alone(engine: &Engine, place: &Place) -> Result {
    let (id, started) = (place.id(), Instant::now());
    let sessions = || engine.overhead().into_iter().find(|cost| cost.server == id);
    let is_read = || AreaName::ALL.iter().all(|area| ticks(engine, id.as_str(), *area) > 0);
    while !is_read() || sessions().is_none_or(|cost| cost.sessions != 1) {
        anyhow::ensure!(started.elapsed() < PATIENCE, "{id} is never read by one session");
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

/// An action that has connected before the fault, where it is a query that meets it.
pub async fn begin_action(engine: &Engine, place: &Place) -> Result<Option<ActionSession>> {
    if matches!(place.phase, FaultPhase::Connect | FaultPhase::Startup) {
        return Ok(None);
    }
    let begun = engine.operate(&place.id(), Action::Analyze).await;
    Ok(Some(begun.map_err(|reason| anyhow::anyhow!("{}", reason.message()))?))
}

/// Previews and runs ANALYZE on a table, and watches for its effect.
pub async fn action(engine: &Engine, place: &Place, under_way: Option<ActionSession>) -> Answer {
    let started = Instant::now();
    let said = match analyze(engine, place, under_way).await {
        Ok(said) => said,
        Err(reason) => Said::Unknown(reason),
    };
    Answer { said, took: started.elapsed() }
}

async fn analyze(
    engine: &Engine,
    place: &Place,
    under_way: Option<ActionSession>,
) -> std::result::Result<Said, Reason> {
    let mut session = match under_way {
        Some(session) => session,
        None => engine.operate(&place.id(), Action::Analyze).await?,
    };
    let targets = vec![Target::Table { name: place.table() }];
    let plan = session.look(&Ask { action: Action::Analyze, targets, twice: false }).await?;
    let Some(step) = plan.steps.first() else {
        return Ok(Said::Other(format!("refused: {:?}", plan.preview)));
    };
    let ran = session.run(step).await;
    let done = session.watch(vec![ran]).await.pop();
    session.close().await;
    Ok(match done {
        Some(done) if done.outcome == Outcome::Worked => Said::Answered,
        done => Said::Other(format!("{done:?}")),
    })
}

/// How long it takes until each caller is served, from now; None: it was not.
pub async fn heals(engine: &Engine, place: &Place) -> [(Caller, Option<Duration>); 3] {
    let started = Instant::now();
    let began_ms = engine.now_ms();
    let sampled = async {
        until_served(started, async || {
            let fresh = reading(engine, &place.id()).is_some_and(|at_ms| at_ms > began_ms);
            fresh && link(engine, place.id().as_str()) == ConnectionState::Up
        })
        .await
    };
    let paged =
        until_served(started, async || matches!(page(engine, place).await.said, Said::Answered));
    let acted = until_served(started, async || {
        matches!(action(engine, place, None).await.said, Said::Answered)
    });
    let (sampled, paged, acted) = tokio::join!(sampled, paged, acted);
    [(Caller::Sampler, sampled), (Caller::Page, paged), (Caller::Action, acted)]
}

async fn until_served(
    started: Instant,
    mut is_served: impl AsyncFnMut() -> bool,
) -> Option<Duration> {
    loop {
        if is_served().await {
            return Some(started.elapsed());
        }
        if started.elapsed() > 2 * HEALS_WITHIN {
            return None;
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// By how much of the interval the readings of the other server came early or late, in order of time.
static OFF: Mutex<Vec<f64>> = Mutex::new(Vec::new());

/// Notes the rhythm of a server's readings for as long as it runs.
pub async fn rhythm(engine: Engine, name: &str) {
    let id = ServerId::new(name);
    let mut before = None;
    loop {
        let latest = engine.latest::<ActivityArea>(&id);
        let every_ms = latest.as_ref().map_or(0.0, |latest| f64::from(latest.every_ms));
        let at_ms = latest.and_then(|latest| latest.reading).map(|reading| reading.at_ms);
        if let (Some(at), Some(last)) = (at_ms, before)
            && at != last
        {
            let off = ((at - last) as f64 / every_ms - 1.0).abs();
            OFF.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(off);
        }
        before = at_ms.or(before);
        tokio::time::sleep(LOOK / 2).await;
    }
}

/// The median of what was noted: a machine that is busy with other tests delays single readings.
pub fn jitter() -> Option<f64> {
    let mut off = OFF.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
    off.sort_by(f64::total_cmp);
    off.get(off.len() / 2).copied()
}
