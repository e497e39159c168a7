//! Operator actions on a watched server (cancel, terminate, VACUUM, ANALYZE): inspect the targets,
//! execute on exactly those, verify the effect.
//!
//! The only holder of an `Operator`. A step runs only after an inspection has allowed it; checking the
//! user's permission and writing the audit record first are the caller's affair.

mod policy;
mod rows;
mod verify;

use std::sync::Arc;
use std::time::Instant;

use model::action::{Action, Ask, Outcome, Preview, Previewed, Target};
use model::{Cause, Reason, ServerId};

use crate::connection::STATEMENT_TIMEOUT_MS;
use crate::connection::operator::{ACTION_LOCK_TIMEOUT_MS, Failed, Operator};
use crate::dsn::Dsn;
use crate::engine::Engine;
use crate::error::quoted_literal;
use crate::server::WatchedServer;
use crate::sql::{Query, SqlFile, sql};
use rows::{OperatorRow, SessionRow, TableRow, array, filled};
pub use verify::StepResult;

/// The most targets of one act: more than anybody reads through before confirming.
pub const MAX_TARGETS: usize = 100;
/// The longest a VACUUM or ANALYZE of ours may run, ms: what takes longer is for a maintenance window.
pub const MAINTENANCE_TIMEOUT_MS: u64 = 60 * 60 * 1_000;

sql! {
    OPERATORS = "operators" [14];
    CHOSEN_SESSIONS = "chosen_sessions" [14];
    CHOSEN_TABLES = "chosen_tables" [14, 17];
    CANCELLED = "cancelled_sessions" [14];
    TERMINATED = "terminated_sessions" [14];
    REMAINING = "remaining_sessions" [14];
    COUNTS = "maintenance_counts" [14];
    VACUUMED = "vacuumed_tables" [14];
    ANALYZED = "analyzed_tables" [14];
}

/// A connection to one server for one act.
pub struct ActionSession {
    operator: Operator,
    server: Arc<WatchedServer>,
    me: OperatorRow,
    major: u16,
    observer_role: String,
}

/// What a look allows: the preview to show, and the steps to run.
pub struct ActionPlan {
    /// What is shown. Its token is empty: confirming is the caller's affair.
    pub preview: Preview,
    /// One for each target that is not refused, in the preview's order.
    pub steps: Vec<Step>,
}

/// One statement that a look has allowed.
#[derive(Clone, Debug)]
pub struct Step {
    action: Action,
    target: Target,
    /// The table's oid, for maintenance.
    oid: Option<i64>,
    file: SqlFile,
    /// Its line of the preview.
    pub shown: Previewed,
}

impl Engine {
    /// Whether there is an `operate` DSN for that server; None: there is no such server.
    pub fn can_operate(&self, id: &ServerId) -> Option<bool> {
        self.server(id).map(|server| server.operate.is_some())
    }

    /// Opens a connection for one act, and makes sure that it leads to the very server we watch.
    pub async fn operate(&self, id: &ServerId, action: Action) -> Result<ActionSession, Reason> {
        let unknown = |message: &str, remedy: &str| Reason::Unreachable {
            cause: Cause::Configuration,
            message: message.into(),
            remedy: remedy.into(),
        };
        let server = self.server(id).ok_or_else(|| {
            unknown("There is no such server.", "Choose one of the watched servers.")
        })?;
        let dsn: Dsn = server.operate.clone().ok_or_else(|| {
            unknown(
                "This server has no operate DSN, so actions are disabled.",
                "Add operate or operate_file to the server in pgdeck.toml.",
            )
        })?;
        let facts = server.facts().ok_or(Reason::NotYet)?;
        let timeout_ms =
            if action.is_on_sessions() { STATEMENT_TIMEOUT_MS } else { MAINTENANCE_TIMEOUT_MS };
        let overhead = Arc::clone(&server.overhead);
        let mut operator = Operator::open(&dsn, &server.budget, overhead, timeout_ms).await?;
        let file = picked(&OPERATORS, facts.major)?;
        let rows = operator.look(&file, file.statement()).await.map_err(reason)?;
        let me: OperatorRow = rows.one()?;
        let same_cluster =
            facts.system_identifier.as_ref().is_none_or(|known| *known == me.system_identifier);
        if !same_cluster || facts.started_ms != me.started_ms {
            operator.close().await;
            return Err(unknown(
                "The operate DSN leads to a different server than the one shown here, or the server has just been restarted.",
                "Compare host and port of dsn and operate in pgdeck.toml, then preview again.",
            ));
        }
        Ok(ActionSession { operator, server, me, major: facts.major, observer_role: facts.role })
    }
}

fn picked(query: &Query, major: u16) -> Result<SqlFile, Reason> {
    query.pick(major).ok_or(Reason::TooOld { needs: crate::capability::OLDEST_MAJOR, has: major })
}

fn reason(failed: Failed) -> Reason {
    match failed {
        Failed::Lost(reason) => reason,
        Failed::Refused { sqlstate, message } => Reason::Failed { sqlstate, message },
    }
}

impl ActionSession {
    /// Looks at the targets as they are now. Changes nothing.
    pub async fn look(&mut self, ask: &Ask) -> Result<ActionPlan, Reason> {
        let mut steps = Vec::new();
        let mut shown = Vec::new();
        let sessions = self.sessions(&ask.targets).await?;
        for target in &ask.targets {
            let (step, previewed) = match target {
                Target::Session { pid, backend_start_ms } if ask.action.is_on_sessions() => {
                    let row = sessions.iter().find(|row| row.pid == *pid);
                    self.look_at_session(ask, (*pid, *backend_start_ms), row)?
                }
                Target::Table { name } if !ask.action.is_on_sessions() => {
                    self.look_at_table(ask, name).await?
                }
                // A session is not vacuumed and a table not terminated: nothing is done.
                _ => continue,
            };
            steps.extend(step);
            shown.push(previewed);
        }
        let preview = Preview {
            server: self.server.id.clone(),
            ask: ask.clone(),
            role: self.me.role.clone(),
            lock: policy::lock(ask.action).into(),
            effect: policy::effect(ask.action, &sessions).into(),
            frees: ask.action.is_on_sessions().then(|| self.frees(&steps)).flatten(),
            targets: shown,
            token: None,
        };
        Ok(ActionPlan { preview, steps })
    }

    async fn sessions(&mut self, targets: &[Target]) -> Result<Vec<SessionRow>, Reason> {
        let pids: Vec<i32> = targets
            .iter()
            .filter_map(|target| match target {
                Target::Session { pid, .. } => Some(*pid),
                Target::Table { .. } => None,
            })
            .collect();
        if pids.is_empty() {
            return Ok(vec![]);
        }
        let file = picked(&CHOSEN_SESSIONS, self.major)?;
        let role = quoted_literal(&self.observer_role);
        let text = filled(file.statement(), &[&array(pids), &role]);
        self.operator.look(&file, &text).await.map_err(reason)?.all()
    }

    fn look_at_session(
        &self,
        ask: &Ask,
        (pid, start): (i32, i64),
        row: Option<&SessionRow>,
    ) -> Result<(Option<Step>, Previewed), Reason> {
        let query = if ask.action == Action::Cancel { CANCELLED } else { TERMINATED };
        let file = picked(&query, self.major)?;
        let sql = filled(file.statement(), &[&pid.to_string(), &start.to_string()]);
        let same = row.filter(|row| row.backend_start_ms == Some(start));
        let target = Target::Session { pid, backend_start_ms: start };
        let shown = Previewed {
            object: target.object(),
            target: target.clone(),
            who: same.map(SessionRow::who).unwrap_or_default(),
            state: same.and_then(|row| row.state.clone()),
            state_age_ms: same.and_then(|row| row.state_age_ms),
            query: same.and_then(SessionRow::last_statement),
            sql,
            refusal: policy::session(ask.action, (pid, start), row, &self.me.role, ask.twice),
        };
        let step = Step { action: ask.action, target, oid: None, file, shown: shown.clone() };
        Ok((shown.refusal.is_none().then_some(step), shown))
    }

    async fn look_at_table(
        &mut self,
        ask: &Ask,
        name: &str,
    ) -> Result<(Option<Step>, Previewed), Reason> {
        let look = picked(&CHOSEN_TABLES, self.major)?;
        let text = filled(look.statement(), &[&quoted_literal(name)]);
        let row: Option<TableRow> =
            self.operator.look(&look, &text).await.map_err(reason)?.all()?.pop();
        let query = if ask.action == Action::Vacuum { VACUUMED } else { ANALYZED };
        let file = picked(&query, self.major)?;
        let object = row.as_ref().map_or_else(|| name.to_owned(), |row| row.name.clone());
        let target = Target::Table { name: name.to_owned() };
        let sql = row.as_ref().map(|row| filled(file.statement(), &[&row.name]));
        let shown = Previewed {
            target: target.clone(),
            object,
            who: row.as_ref().map(|row| format!("owner {}", row.owner)).unwrap_or_default(),
            state: None,
            state_age_ms: None,
            query: None,
            sql: sql.unwrap_or_default(),
            refusal: policy::table(name, row.as_ref(), (&self.me.role, &self.me.database)),
        };
        let oid = row.map(|row| row.oid);
        let step = Step { action: ask.action, target, oid, file, shown: shown.clone() };
        Ok((shown.refusal.is_none().then_some(step), shown))
    }

    /// Whom ending these frees, by the newest readings.
    fn frees(&self, steps: &[Step]) -> Option<String> {
        let sessions: Vec<(i32, i64)> = steps
            .iter()
            .filter_map(|step| match step.target {
                Target::Session { pid, backend_start_ms } => Some((pid, backend_start_ms)),
                Target::Table { .. } => None,
            })
            .collect();
        self.server.store.freed_by(&sessions)
    }

    /// Does one step. What it did is watched for with `watch`.
    pub async fn run(&mut self, step: &Step) -> StepResult {
        let started = Instant::now();
        let before = match step.oid {
            Some(oid) => self.counts(oid).await,
            None => None,
        };
        let answer = self.operator.act(&step.file, &step.shown.sql).await;
        let mut ran = StepResult::new(step, started, before);
        match answer {
            Ok(rows) if step.action.is_on_sessions() => match rows.all() {
                Ok(rows) => ran.signalled(rows),
                Err(reason) => ran.end(Outcome::Unknown, reason.message()),
            },
            Ok(_) => {}
            Err(failed) => {
                let (outcome, message) = refused(step, &self.me.role, failed);
                ran.end(outcome, message);
            }
        }
        ran
    }

    /// Ends the connection.
    pub async fn close(self) {
        self.operator.close().await;
    }
}

/// What the server's refusal of a step means.
fn refused(step: &Step, role: &str, failed: Failed) -> (Outcome, String) {
    let object = &step.shown.object;
    match failed {
        Failed::Lost(reason) => {
            (Outcome::Unknown, format!("It is unknown whether it was done: {}", reason.message()))
        }
        Failed::Refused { sqlstate, message } => {
            let message = match sqlstate.as_str() {
                "42501" => {
                    format!("pgdeck's role {role} lacks the privilege for this: {message} (42501).")
                }
                "55P03" => format!(
                    "Another session holds a conflicting lock on {object}; timed out after {} s.",
                    ACTION_LOCK_TIMEOUT_MS / 1_000
                ),
                "57014" => format!("It was cancelled: {message} (57014)."),
                "25006" => "This server is a standby; do this on the primary.".into(),
                _ => format!("The server refused: {message} ({sqlstate})."),
            };
            (Outcome::Refused, message)
        }
    }
}
