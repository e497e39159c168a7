//! Acting, in order: the right, the brake, a look, the confirmation, the record on the disk, the act,
//! the watch, the second record. Knows no page; what may be done to whom is the engine's affair.

pub mod confirmation;
pub mod form;

use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::Engine;
use engine::actions::{ActionPlan, ActionSession, MAX_TARGETS, StepResult};
use engine::now_ms;
use model::action::{Ask, Done, Outcome, Preview};
use model::{ApiError, Permission, Reason, ServerId, User};

use crate::audit::{Asked, Audit};
use crate::http::response;
use crate::rate_limit::RateLimiter;
use confirmation::Confirmations;

/// Actions a minute, for one person on one server and for one server over all persons (`docs/limits.md#explain-guard`).
const ACTS_A_MINUTE: usize = 10;
/// Looks a minute, likewise: each opens a connection to the server.
const LOOKS_A_MINUTE: usize = 30;
/// The longest reason, characters.
const LONGEST_REASON: usize = 500;
/// How long a person waits for the result; what takes longer goes on and ends in the audit log.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// Everything about acting. Cheap to clone.
#[derive(Clone)]
pub struct ActionRunner(Arc<Inner>);

struct Inner {
    engine: Engine,
    audit: Audit,
    tokens: Confirmations,
    preview_limit: RateLimiter,
    action_limit: RateLimiter,
}

impl ActionRunner {
    /// Acting over an engine, recorded in `audit`.
    pub fn new(engine: Engine, audit: Audit) -> anyhow::Result<Self> {
        Ok(Self(Arc::new(Inner {
            engine,
            audit,
            tokens: Confirmations::new()?,
            preview_limit: RateLimiter::new(LOOKS_A_MINUTE),
            action_limit: RateLimiter::new(ACTS_A_MINUTE),
        })))
    }

    /// The log.
    pub fn audit(&self) -> &Audit {
        &self.0.audit
    }

    /// What would happen, with the token that confirms it.
    pub async fn preview(
        &self,
        who: &User,
        server: &ServerId,
        ask: Ask,
    ) -> Result<Preview, ApiError> {
        self.may(who, server)?;
        rate_limit(&self.0.preview_limit, who, server, LOOKS_A_MINUTE)?;
        let ask = usable(ask)?;
        let (operating, plan) = self.look(server, &ask).await?;
        operating.close().await;
        let mut preview = plan.preview;
        if !plan.steps.is_empty() {
            preview.token = Some(self.0.tokens.issue(&who.name, &preview, now_ms()));
        }
        Ok(preview)
    }

    /// Does what was previewed; refuses when it is no longer what was previewed.
    pub async fn act(
        &self,
        who: &User,
        server: &ServerId,
        ask: Ask,
        token: &str,
        reason: &str,
    ) -> Result<Vec<Done>, ApiError> {
        self.may(who, server)?;
        rate_limit(&self.0.action_limit, who, server, ACTS_A_MINUTE)?;
        let ask = usable(ask)?;
        let (operating, plan) = self.look(server, &ask).await?;
        if !self.0.tokens.redeem(token, &who.name, &plan.preview, now_ms()) {
            operating.close().await;
            return Err(declined(
                "This is not what was previewed: it has changed, it was confirmed before, or the preview is older than ten minutes. Nothing was done.",
                "Preview again.",
            ));
        }
        let reason: String = reason.trim().chars().take(LONGEST_REASON).collect();
        let pending = unfinished(&plan.preview);
        let (acts, who) = (self.clone(), who.name.clone());
        // A task of its own: a browser that goes away leaves no act without its second record.
        let task = tokio::spawn(async move { acts.run(operating, plan, &who, &reason).await });
        match tokio::time::timeout(ANSWER_WITHIN, task).await {
            Ok(Ok(done)) => done,
            Ok(Err(error)) => Err(internal(&error.into())),
            Err(_) => Ok(pending),
        }
    }

    /// Every step after its record; then all are watched and recorded again.
    async fn run(
        &self,
        mut operating: ActionSession,
        plan: ActionPlan,
        who: &str,
        reason: &str,
    ) -> Result<Vec<Done>, ApiError> {
        let mut ran: Vec<StepResult> = Vec::new();
        let mut acts: Vec<i64> = Vec::new();
        let mut unrecorded = None;
        for step in &plan.steps {
            let asked = Asked {
                who,
                server: &plan.preview.server,
                action: plan.preview.ask.action.as_str(),
                shown: &step.shown,
                reason,
            };
            match self.0.audit.asked(&asked).await {
                Ok(act) => acts.push(act),
                Err(error) => {
                    unrecorded = Some(error);
                    break;
                }
            }
            ran.push(operating.run(step).await);
        }
        let mut all = left_alone(&plan.preview);
        let done = operating.watch(ran).await;
        operating.close().await;
        for (act, done) in acts.iter().zip(&done) {
            if let Err(error) = self.0.audit.ended(*act, done).await {
                tracing::error!(%error, act, outcome = done.outcome.as_str(), result = done.message, "the result of an act could not be recorded");
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

    async fn look(
        &self,
        server: &ServerId,
        ask: &Ask,
    ) -> Result<(ActionSession, ActionPlan), ApiError> {
        let mut operating =
            self.0.engine.operate(server, ask.action).await.map_err(|reason| unable(&reason))?;
        match operating.look(ask).await {
            Ok(plan) => Ok((operating, plan)),
            Err(reason) => {
                operating.close().await;
                Err(unable(&reason))
            }
        }
    }

    /// The second door: whoever calls has asked for the right already.
    fn may(&self, who: &User, server: &ServerId) -> Result<(), ApiError> {
        if self.0.engine.can_operate(server).is_none() {
            return Err(ApiError::NotFound);
        }
        who.require(Permission::Act, Some(server))
    }
}

fn rate_limit(
    limiter: &RateLimiter,
    who: &User,
    server: &ServerId,
    most: usize,
) -> Result<(), ApiError> {
    let keys = [format!("person {} on {server}", who.name), format!("server {server}")];
    if limiter.allows(&keys, Instant::now()) {
        return Ok(());
    }
    let message =
        format!("Rate limit: at most {most} per minute on this server; nothing was done.");
    Err(ApiError::Declined { message, remedy: Some("Wait a minute.".into()) })
}

/// Each target once, as many as can be read through, and of the kind the action is for.
fn usable(mut ask: Ask) -> Result<Ask, ApiError> {
    let mut seen = std::collections::HashSet::new();
    ask.targets.retain(|target| seen.insert(target.clone()));
    let on_sessions =
        |target: &model::action::Target| matches!(target, model::action::Target::Session { .. });
    if ask.targets.is_empty()
        || ask.targets.iter().any(|target| on_sessions(target) != ask.action.is_on_sessions())
    {
        return Err(declined("No suitable target was selected.", "Select a session."));
    }
    if ask.targets.len() > MAX_TARGETS {
        let message = format!("At most {MAX_TARGETS} targets are allowed at a time.");
        return Err(ApiError::Declined { message, remedy: Some("Select fewer.".into()) });
    }
    Ok(ask)
}

fn left_alone(preview: &Preview) -> Vec<Done> {
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

fn unfinished(preview: &Preview) -> Vec<Done> {
    let running = preview.allowed().map(|target| Done {
        object: target.object.clone(),
        outcome: Outcome::Running,
        message: format!(
            "Still running after {} s; the audit log will show the result.",
            ANSWER_WITHIN.as_secs()
        ),
        took_ms: None,
    });
    running.chain(left_alone(preview)).collect()
}

fn declined(message: &str, remedy: &str) -> ApiError {
    ApiError::Declined { message: message.into(), remedy: Some(remedy.into()) }
}

fn unable(reason: &Reason) -> ApiError {
    ApiError::Declined { message: reason.message(), remedy: reason.remedy() }
}

/// Our own fault: logged under a number, and only the number told.
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
        assert_eq!(usable(ask(vec![session(1), session(1)])).unwrap().targets.len(), 1);
        assert!(usable(ask(vec![])).is_err());
        assert!(usable(ask(vec![Target::Table { name: "t".into() }])).is_err());
        assert!(usable(ask((0..=MAX_TARGETS as i32).map(session).collect())).is_err());
    }

    #[test]
    fn the_brake_is_per_person_and_server() {
        let limiter = RateLimiter::new(2);
        let who = |name: &str| User { name: name.into(), roles: vec![], servers: vec![] };
        let (shop, other) = (ServerId::new("shop"), ServerId::new("other"));
        assert!(rate_limit(&limiter, &who("eve"), &shop, 2).is_ok());
        assert!(rate_limit(&limiter, &who("eve"), &shop, 2).is_ok());
        assert!(rate_limit(&limiter, &who("eve"), &shop, 2).is_err());
        assert!(rate_limit(&limiter, &who("bob"), &shop, 2).is_err(), "a server has its own");
        assert!(rate_limit(&limiter, &who("eve"), &other, 2).is_ok());
    }
}
