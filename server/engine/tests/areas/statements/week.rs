//! A server whose statements are watched and a store that knows a week of them, made of what they really did: the
//! windows are as short as the phases of a test.

use std::time::Duration;

use engine::area::{Area, LookBack};
use engine::areas::changes::{self, ChangesArea};
use engine::areas::statements::points;
use engine::areas::statements::regressions::past::Calendar;
use engine::areas::statements::regressions::report::{Memory, Request, report};
use engine::areas::statements::window::Recent;
use engine::{Limits, Past, now_ms};
use history::{Event, History, Point, Settings, Source};
use model::Known;
use model::statements::regression::Change;
use model::statements::{CauseKind, Regression, Regressions, Statements};
use playground::{Server, ServerOptions};
use sqlx::PgConnection;

use super::harness::{Reader, started};
use crate::support::observed::Observed;
use crate::support::{PATIENCE, Result, limits};

/// The rule.
pub const RULE: &str = "statements/regression";
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 86_400_000;
const TICKS: i64 = 12;
/// How long a phase of the workload runs.
const PHASE: Duration = Duration::from_millis(300);
/// And how many rounds at least.
const ROUNDS: u32 = 8;
/// A pause between two rounds.
pub const PAUSE: Duration = Duration::from_millis(20);

/// A server whose statements are watched, and a store.
pub struct Bench {
    pub server: Server,
    pub reader: Reader,
    pub past: History,
    pub asked: Past,
    pub source: Source,
    pub limits: Limits,
    /// Statements that phases have run.
    pub ran: u64,
    changes: (Observed, changes::State),
    folder: std::path::PathBuf,
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Statements, in a circle.
pub type Workload<'a> = &'a [&'a str];

impl Bench {
    /// Starts it.
    pub async fn start(options: ServerOptions) -> Result<Self> {
        let server = started(options, None).await?;
        let reader = Reader::open(&server.dsn()).await?;
        let folder = std::env::temp_dir().join(format!("pgdeck-week-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let settings = Settings { background: false, ..Settings::default() };
        let past = History::open(&folder.join("history"), settings).await?;
        // A window is a phase; few calls are enough on a quiet machine's server.
        // On a busy machine times vary a lot; what is planted is many times as much.
        let set = [
            (RULE, "window_s", 0.2),
            (RULE, "calls_from", 3.0),
            (RULE, "deviations_from", 2.0),
            (RULE, "slower_from_ms", 0.5),
        ];
        let limits = limits(&set)?;
        let source = Source::new("cluster", "one", "statements");
        let asked = Past::new(&past).ok_or_else(|| anyhow::anyhow!("no runtime"))?;
        let changes = (Observed::open(&server.dsn()).await?, changes::State::default());
        Ok(Self { server, reader, past, asked, source, limits, ran: 0, changes, folder })
    }

    /// Runs the workload for a phase and reads what it did.
    pub async fn phase(
        &mut self,
        session: &mut PgConnection,
        work: Workload<'_>,
    ) -> Result<Statements> {
        let begun = std::time::Instant::now();
        let mut rounds = 0;
        while begun.elapsed() < PHASE || rounds < ROUNDS {
            rounds += 1;
            self.ran += work.len() as u64;
            for sql in work {
                let sql = sqlx::AssertSqlSafe((*sql).to_owned());
                sqlx::raw_sql(sql).execute(&mut *session).await?;
            }
            tokio::time::sleep(PAUSE).await;
        }
        self.reader.read().await
    }

    /// Makes a week of one reading.
    pub async fn a_week_of(&self, value: &Statements) -> Result {
        let tick = value.entries.as_ref().ok().and_then(|entries| entries.tick.as_ref().ok());
        let span_ms = tick.map_or(1, |tick| tick.span_ms).max(1) as f64;
        let scale = (HOUR_MS / TICKS) as f64 / span_ms;
        let made = points::points(value).unwrap_or_default();
        let scaled = |point: &Point| Point { value: point.value * scale, ..point.clone() };
        let kept: Vec<Point> = made.iter().map(scaled).collect();
        for ago in (1..=7).rev() {
            let begin = now_ms() - now_ms().rem_euclid(HOUR_MS) - ago * DAY_MS;
            for tick in 1..=2 * TICKS {
                let at_ms = begin + tick * HOUR_MS / TICKS - 1;
                self.past.recorder().append(
                    &self.source,
                    at_ms,
                    (HOUR_MS / TICKS) as u32,
                    kept.clone(),
                );
            }
        }
        self.past.flush().await?;
        Ok(())
    }

    /// Looks at the server as the area of changes does, and keeps what it tells.
    pub async fn look(&mut self) -> Result<Vec<String>> {
        let (Observed { observer, facts, .. }, state) = &mut self.changes;
        let found = ChangesArea::collect(observer, facts, state, now_ms()).await?.events;
        for event in &found {
            self.past.recorder().event(Event {
                cluster: self.source.cluster.clone(),
                server: self.source.server.clone(),
                at_ms: event.at_ms,
                kind: event.kind.as_str().into(),
                title: event.title.clone(),
                detail: serde_json::Value::Null,
            });
        }
        self.past.flush().await?;
        Ok(found.into_iter().map(|event| event.title).collect())
    }

    /// Changes the server, and looks until that is told: what a session did is counted a moment after it ended.
    pub async fn change(&mut self, sql: &str, told: &str) -> Result {
        self.look().await?;
        self.server.exec(sql).await?;
        let started = std::time::Instant::now();
        while !self.look().await?.iter().any(|title| title.starts_with(told)) {
            anyhow::ensure!(started.elapsed() < PATIENCE, "nothing is told of {sql}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// What is said after two phases of a workload.
    pub async fn after_two(
        &mut self,
        session: &mut PgConnection,
        work: Workload<'_>,
    ) -> Result<Known<Regressions>> {
        let mut recent = Recent::default();
        self.reader.read().await?;
        let mut value = None;
        for _ in 0..2 {
            let read = self.phase(session, work).await?;
            if let Ok(Ok(tick)) = read.entries.as_ref().map(|entries| &entries.tick) {
                recent.push(tick);
            }
            value = Some(read);
        }
        let value = value.ok_or_else(|| anyhow::anyhow!("nothing read"))?;
        let back = LookBack {
            past: &self.asked,
            planner: None,
            source: self.source.clone(),
            limits: &self.limits,
            now_ms: now_ms(),
        };
        let request = Request::of(&recent, &value, &back, Calendar::default());
        let request = request.ok_or_else(|| anyhow::anyhow!("no two windows: {value:?}"))?;
        Ok(report(&mut Memory::default(), &self.past, request).await?)
    }
}

/// What is said against statements.
pub fn accused(known: Known<Regressions>) -> Result<Vec<Regression>> {
    let regressions = known.map_err(|reason| anyhow::anyhow!("{reason:?}"))?;
    Ok(regressions.found.into_iter().filter(|one| one.change.is_accusation()).collect())
}

/// Runs two phases again until what is said of them is that: the machine is busy with other tests.
pub async fn until(
    step: &str,
    bench: &mut Bench,
    session: &mut PgConnection,
    work: Workload<'_>,
    seen: impl Fn(&[Regression]) -> bool,
) -> Result<Vec<Regression>> {
    let started = std::time::Instant::now();
    loop {
        let found = accused(bench.after_two(session, work).await?)?;
        if seen(&found) {
            return Ok(found);
        }
        anyhow::ensure!(started.elapsed() < PATIENCE, "{step}: {found:?}");
    }
}

/// Whether something is of that kind, and all that is has that first cause.
pub fn named(change: Change, cause: CauseKind) -> impl Fn(&[Regression]) -> bool {
    move |found| {
        let mut of_kind = found.iter().filter(|one| one.change == change).peekable();
        let first = |one: &Regression| one.causes.first().map(|cause| cause.kind);
        of_kind.peek().is_some() && of_kind.all(|one| first(one) == Some(cause))
    }
}
