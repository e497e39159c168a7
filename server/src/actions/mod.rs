//! Runs an operator action: checks the permission, applies the rate limit, inspects the targets, verifies
//! the confirmation token, writes the audit record, executes, waits for the effect, records the outcome.
//!
//! Knows no page; which targets an action may have is decided by the engine.

pub mod confirmation;
pub mod explain;
pub mod fields;
pub mod form;

use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::Engine;
use engine::actions::{ActionPlan, ActionSession, MAX_TARGETS, StepResult};
use engine::now_ms;
use model::action::{Ask, Done, Outcome, Preview};
use model::{ApiError, Permission, Reason, ServerId, User};

use crate::audit::{ActionRequest, Audit};
use crate::http::response;
use crate::rate_limit::RateLimiter;
use confirmation::Confirmations;

/// Rate limit of actions per minute, for one user on one server and for one server over all users
/// (`docs/limits.md#explain-guard`).
const ACTIONS_PER_MINUTE: usize = 10;
/// Rate limit of previews, likewise: each opens a connection to the server.
const PREVIEWS_PER_MINUTE: usize = 30;
/// Length limit of the reason, characters.
const MAX_REASON_CHARS: usize = 500;
/// Timeout of the response; an action that takes longer continues and is recorded in the audit log.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(20);

/// Runs actions on the watched servers. Cheap to clone.
#[derive(Clone)]
pub struct ActionRunner(Arc<Inner>);

struct Inner {
    engine: Engine,
    audit: Audit,
    tokens: Confirmations,
    previews: explain::Previews,
    preview_limit: RateLimiter,
    action_limit: RateLimiter,
}

impl ActionRunner {
    /// Runs actions through `engine` and records them in `audit`.
    pub fn new(engine: Engine, audit: Audit) -> anyhow::Result<Self> {
        Ok(Self(Arc::new(Inner {
            engine,
            audit,
            tokens: Confirmations::new()?,
            previews: explain::Previews::default(),
            preview_limit: RateLimiter::new(PREVIEWS_PER_MINUTE),
            action_limit: RateLimiter::new(ACTIONS_PER_MINUTE),
        })))
    }

    /// The audit log.
    pub fn audit(&self) -> &Audit {
        &self.0.audit
    }

    /// What the action would do, with the confirmation token.
    pub async fn preview(
        &self,
        user: &User,
        server: &ServerId,
        ask: Ask,
    ) -> Result<Preview, ApiError> {
        self.check_permission(user, server)?;
        rate_limit(&self.0.preview_limit, user, server, PREVIEWS_PER_MINUTE)?;
        let ask = validate(ask)?;
        let (session, plan) = self.inspect(server, &ask).await?;
        session.close().await;
        let mut preview = plan.preview;
        if !plan.steps.is_empty() {
            preview.token = Some(self.0.tokens.issue(&user.name, &preview, now_ms()));
        }
        Ok(if user.may(Permission::QueryText) { preview } else { preview.without_query_text() })
    }

    /// Executes what was previewed; refuses when the targets have changed since.
    pub async fn execute(
        &self,
        user: &User,
        server: &ServerId,
        ask: Ask,
        token: &str,
        reason: &str,
    ) -> Result<Vec<Done>, ApiError> {
        self.check_permission(user, server)?;
        rate_limit(&self.0.action_limit, user, server, ACTIONS_PER_MINUTE)?;
        let ask = validate(ask)?;
        let (session, plan) = self.inspect(server, &ask).await?;
        if !self.0.tokens.redeem(token, &user.name, &plan.preview, now_ms()) {
            session.close().await;
            return Err(declined(
                "This is not what was previewed: it has changed, it was confirmed before, or the preview is older than ten minutes. Nothing was done.",
                "Refresh the preview.",
            ));
        }
        let reason: String = reason.trim().chars().take(MAX_REASON_CHARS).collect();
        let pending = still_running(&plan.preview);
        let (runner, user) = (self.clone(), user.name.clone());
        // A separate task: when the client disconnects, the outcome is still recorded.
        let task =
            tokio::spawn(async move { runner.run_steps(session, plan, &user, &reason).await });
        match tokio::time::timeout(RESPONSE_TIMEOUT, task).await {
            Ok(Ok(done)) => done,
            Ok(Err(error)) => Err(internal(&error.into())),
            Err(_) => Ok(pending),
        }
    }

    /// Executes each step once its audit record is on disk, then waits for the effects and records the
    /// outcomes.
    async fn run_steps(
        &self,
        mut session: ActionSession,
        plan: ActionPlan,
        user: &str,
        reason: &str,
    ) -> Result<Vec<Done>, ApiError> {
        let mut results: Vec<StepResult> = Vec::new();
        let mut records: Vec<i64> = Vec::new();
        let mut unrecorded = None;
        for step in &plan.steps {
            let request = ActionRequest {
                user,
                server: &plan.preview.server,
                action: plan.preview.ask.action.as_str(),
                object: &step.shown.object,
                touched: &step.shown.who,
                sql: &step.shown.sql,
                reason,
            };
            match self.0.audit.record_request(&request).await {
                Ok(record) => records.push(record),
                Err(error) => {
                    unrecorded = Some(error);
                    break;
                }
            }
            results.push(session.run(step).await);
        }
        let mut all = skipped(&plan.preview);
        let done = session.watch(results).await;
        session.close().await;
        for (record, done) in records.iter().zip(&done) {
            if let Err(error) = self.0.audit.record_outcome(*record, done).await {
                tracing::error!(%error, act = record, outcome = done.outcome.as_str(), result = done.message, "the result of an act could not be recorded");
            }
        }
        if let Some(error) = unrecorded {
            tracing::error!(%error, "an act was not done: its record could not be written");
            let rest = plan.steps.iter().skip(done.len()).map(|step| Done {
                object: step.shown.object.clone(),
                outcome: Outcome::Refused,
                message: "The audit log cannot be written, so nothing was done.".into(),
                took_ms: None,
            });
            all.extend(rest);
        }
        all.splice(0..0, done);
        Ok(all)
    }

    /// Opens an operator session and inspects the targets.
    async fn inspect(
        &self,
        server: &ServerId,
        ask: &Ask,
    ) -> Result<(ActionSession, ActionPlan), ApiError> {
        let mut session = self
            .0
            .engine
            .operate(server, ask.action)
            .await
            .map_err(|reason| declined_because(&reason))?;
        match session.look(ask).await {
            Ok(plan) => Ok((session, plan)),
            Err(reason) => {
                session.close().await;
                Err(declined_because(&reason))
            }
        }
    }

    /// Defence in depth: callers have checked the permission already.
    fn check_permission(&self, user: &User, server: &ServerId) -> Result<(), ApiError> {
        if self.0.engine.can_operate(server).is_none() {
            return Err(ApiError::NotFound);
        }
        user.require(Permission::Act, Some(server))
    }
}

fn rate_limit(
    limiter: &RateLimiter,
    user: &User,
    server: &ServerId,
    limit: usize,
) -> Result<(), ApiError> {
    let keys = [format!("user {} on {server}", user.name), format!("server {server}")];
    if limiter.allows(&keys, Instant::now()) {
        return Ok(());
    }
    let message =
        format!("Rate limit: at most {limit} per minute on this server; nothing was done.");
    Err(ApiError::Declined { message, remedy: Some("Wait a minute.".into()) })
}

/// Removes duplicate targets; refuses none, too many, or targets of the wrong kind.
fn validate(mut ask: Ask) -> Result<Ask, ApiError> {
    let mut seen = std::collections::HashSet::new();
    ask.targets.retain(|target| seen.insert(target.clone()));
    let is_session =
        |target: &model::action::Target| matches!(target, model::action::Target::Session { .. });
    if ask.targets.is_empty()
        || ask.targets.iter().any(|target| is_session(target) != ask.action.is_on_sessions())
    {
        return Err(declined("No suitable target was selected.", "Select a session."));
    }
    if ask.targets.len() > MAX_TARGETS {
        let message = format!("At most {MAX_TARGETS} targets are allowed at a time.");
        return Err(ApiError::Declined { message, remedy: Some("Select fewer.".into()) });
    }
    Ok(ask)
}

fn skipped(preview: &Preview) -> Vec<Done> {
    let refused = preview.targets.iter().filter_map(|target| {
        let refusal = target.refusal.as_ref()?;
        Some(Done {
            object: target.object.clone(),
            outcome: Outcome::Refused,
            message: refusal.message.clone(),
            took_ms: None,
        })
    });
    refused.collect()
}

fn still_running(preview: &Preview) -> Vec<Done> {
    let running = preview.allowed().map(|target| Done {
        object: target.object.clone(),
        outcome: Outcome::Running,
        message: format!(
            "Still running after {} s; the audit log will show the result.",
            RESPONSE_TIMEOUT.as_secs()
        ),
        took_ms: None,
    });
    running.chain(skipped(preview)).collect()
}

fn declined(message: &str, remedy: &str) -> ApiError {
    ApiError::Declined { message: message.into(), remedy: Some(remedy.into()) }
}

fn declined_because(reason: &Reason) -> ApiError {
    ApiError::Declined { message: reason.message(), remedy: reason.remedy() }
}

/// An internal error: the cause is logged under an incident number, and the response names only that.
pub fn internal(error: &anyhow::Error) -> ApiError {
    ApiError::Internal { incident: response::incident(error) }
}

#[cfg(test)]
mod tests {
    use model::action::{Action, Target};

    use super::*;

    #[test]
    fn targets_are_counted_once_and_fit_the_action() {
        let session = |pid| Target::Session { pid, backend_start_ms: 1 };
        let ask = |targets| Ask { action: Action::Cancel, targets, twice: false };
        assert_eq!(validate(ask(vec![session(1), session(1)])).unwrap().targets.len(), 1);
        assert!(validate(ask(vec![])).is_err());
        assert!(validate(ask(vec![Target::Table { name: "t".into() }])).is_err());
        assert!(validate(ask((0..=MAX_TARGETS as i32).map(session).collect())).is_err());
    }

    #[test]
    fn the_rate_limit_is_per_user_and_server() {
        let limiter = RateLimiter::new(2);
        let user = |name: &str| User { name: name.into(), roles: vec![], servers: vec![] };
        let (shop, other) = (ServerId::new("shop"), ServerId::new("other"));
        assert!(rate_limit(&limiter, &user("eve"), &shop, 2).is_ok());
        assert!(rate_limit(&limiter, &user("eve"), &shop, 2).is_ok());
        assert!(rate_limit(&limiter, &user("eve"), &shop, 2).is_err());
        assert!(rate_limit(&limiter, &user("bob"), &shop, 2).is_err(), "a server has its own");
        assert!(rate_limit(&limiter, &user("eve"), &other, 2).is_ok());
    }
}
