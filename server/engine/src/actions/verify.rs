//! Verifies the effect of an action: the absence of an error proves nothing. A signal is only sent,
//! and a VACUUM without permission only warns; so the effect is polled for, and its time measured.

use std::time::{Duration, Instant};

use model::Reason;
use model::action::{Action, Done, Outcome, Target};

use super::rows::{CountsRow, RemainingRow, SignalledRow, array, filled};
use super::{ActionSession, COUNTS, REMAINING, Step, picked, reason};

/// How long an effect is waited for: a backend looks for signals at least this often unless it is in
/// a system call or a long C function.
const WATCH: Duration = Duration::from_secs(5);
/// How often it is looked for.
const EVERY: Duration = Duration::from_millis(50);

/// A step that was run, and what is known of its effect so far.
pub struct StepResult {
    step: Step,
    started: Instant,
    query_start_us: Option<i64>,
    before: Option<CountsRow>,
    done: Option<Done>,
}

impl StepResult {
    pub(super) fn new(step: &Step, started: Instant, before: Option<CountsRow>) -> Self {
        Self { step: step.clone(), started, query_start_us: None, before, done: None }
    }

    /// Takes the answer to a signal: no row is another session, or none.
    pub(super) fn signalled(&mut self, mut rows: Vec<SignalledRow>) {
        match rows.pop() {
            Some(row) if row.signalled => self.query_start_us = row.query_start_us,
            Some(_) => self.end(
                Outcome::Refused,
                format!("{} was gone when the signal was sent.", self.step.shown.object),
            ),
            None => self.end(
                Outcome::Refused,
                format!(
                    "The session that was {} has ended; nothing was signalled.",
                    self.step.shown.object
                ),
            ),
        }
    }

    pub(super) fn end(&mut self, outcome: Outcome, message: String) {
        let took_ms = (outcome == Outcome::Worked).then(|| self.elapsed_ms());
        let object = self.step.shown.object.clone();
        self.done = Some(Done { object, outcome, message, took_ms });
    }

    fn elapsed_ms(&self) -> f64 {
        self.started.elapsed().as_secs_f64() * 1_000.0
    }

    fn pid(&self) -> Option<i32> {
        match self.step.target {
            Target::Session { pid, .. } => Some(pid),
            Target::Table { .. } => None,
        }
    }

    /// Looks for the effect among the sessions that are left.
    fn see_sessions(&mut self, remaining: &[RemainingRow]) {
        let Target::Session { pid, backend_start_ms } = self.step.target else { return };
        let still = remaining
            .iter()
            .find(|row| row.pid == pid && row.backend_start_ms == Some(backend_start_ms));
        match (self.step.action, still) {
            (Action::Terminate, None) => self.end(Outcome::Worked, format!("pid {pid} has ended.")),
            (Action::Cancel, None) => {
                self.end(Outcome::Worked, format!("pid {pid} has ended with its statement."));
            }
            (Action::Cancel, Some(row)) => {
                let same = row.query_start_us == self.query_start_us;
                let state = row.state.as_deref().unwrap_or("in an unknown state");
                if !(same && state == "active") {
                    let message =
                        format!("The statement of pid {pid} has ended; it is now {state}.");
                    self.end(Outcome::Worked, message);
                }
            }
            _ => {}
        }
    }

    /// Looks for the effect in the counters of a table.
    fn see_counts(&mut self, now: Option<CountsRow>) {
        let (Some(before), Some(now)) = (self.before, now) else { return };
        let (word, counted) = match self.step.action {
            Action::Vacuum => ("vacuumed", now.vacuum_count > before.vacuum_count),
            _ => ("analyzed", now.analyze_count > before.analyze_count),
        };
        if counted {
            self.end(Outcome::Worked, format!("{} was {word}.", self.step.shown.object));
        }
    }

    /// What is said when no effect was seen.
    fn unseen(&mut self) {
        let object = &self.step.shown.object;
        let message = match self.step.action {
            Action::Cancel => format!(
                "The signal was sent, but {object} still runs the same statement after {} s; terminate it, or wait: some steps cannot be interrupted.",
                WATCH.as_secs()
            ),
            Action::Terminate => format!(
                "The signal was sent, but {object} is still there after {} s: it may be rolling back, or in a step that cannot be interrupted.",
                WATCH.as_secs()
            ),
            Action::Vacuum | Action::Analyze => format!(
                "The server gave no error, but the statistics of {object} do not show it: it may have been skipped with a warning."
            ),
        };
        self.end(Outcome::Unseen, message);
    }

    fn into_done(mut self) -> Done {
        if self.done.is_none() {
            self.unseen();
        }
        let object = self.step.shown.object.clone();
        self.done.unwrap_or(Done {
            object,
            outcome: Outcome::Unknown,
            message: "The result is unknown.".into(),
            took_ms: None,
        })
    }
}

impl ActionSession {
    /// Watches until every step is seen to have worked, or for five seconds.
    pub async fn watch(&mut self, mut ran: Vec<StepResult>) -> Vec<Done> {
        let until = Instant::now() + WATCH;
        while ran.iter().any(|ran| ran.done.is_none()) {
            if let Err(reason) = self.see(&mut ran).await {
                let message = format!(
                    "It was executed, but its effect could not be verified: {}",
                    reason.message()
                );
                for ran in ran.iter_mut().filter(|ran| ran.done.is_none()) {
                    ran.end(Outcome::Unseen, message.clone());
                }
            }
            if Instant::now() > until {
                break;
            }
            if ran.iter().any(|ran| ran.done.is_none()) {
                tokio::time::sleep(EVERY).await;
            }
        }
        ran.into_iter().map(StepResult::into_done).collect()
    }

    async fn see(&mut self, ran: &mut [StepResult]) -> Result<(), Reason> {
        let open = |ran: &&mut StepResult| ran.done.is_none();
        let pids: Vec<i32> =
            ran.iter().filter(|ran| ran.done.is_none()).filter_map(StepResult::pid).collect();
        if !pids.is_empty() {
            let file = picked(&REMAINING, self.major)?;
            let text = filled(file.statement(), &[&array(pids)]);
            let rows = self.operator.look(&file, &text).await.map_err(reason)?.all()?;
            ran.iter_mut().filter(open).for_each(|ran| ran.see_sessions(&rows));
        }
        for ran in ran.iter_mut().filter(open) {
            if let Some(oid) = ran.step.oid {
                let counts = self.counts(oid).await;
                ran.see_counts(counts);
            }
        }
        Ok(())
    }

    /// How often a table was vacuumed and analyzed by hand; None where the server does not say.
    pub(super) async fn counts(&mut self, oid: i64) -> Option<CountsRow> {
        let file = picked(&COUNTS, self.major).ok()?;
        let text = filled(file.statement(), &[&oid.to_string()]);
        self.operator.look(&file, &text).await.ok()?.one().ok()
    }
}
