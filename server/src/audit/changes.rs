//! What is recorded besides actions on servers: sign-ins, users, the configuration. It belongs to no server,
//! so administrators see it only.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use model::ServerId;
use model::action::{Done, Outcome};

use super::{ActionRequest, Audit};
use crate::rate_limit::RateLimiter;

/// Failed sign-ins that have a record of their own, per minute: strangers must not fill the disk. The
/// next record says how many had none.
const FAILED_PER_MINUTE: usize = 30;
/// The name of the action that records a configuration.
const CONFIGURE: &str = "configure";

/// Something that was done to pgdeck itself.
pub struct Change<'a> {
    /// By whom.
    pub who: &'a str,
    /// The action's name.
    pub action: &'a str,
    /// To what.
    pub object: &'a str,
    /// From where, or with which roles.
    pub touched: &'a str,
    /// What came of it, one sentence; `Err` if it was refused.
    pub result: Result<&'a str, &'a str>,
}

impl Change<'_> {
    /// The record before it; it belongs to no server.
    pub fn request<'a>(&'a self, server: &'a ServerId) -> ActionRequest<'a> {
        ActionRequest {
            user: self.who,
            server,
            action: self.action,
            object: self.object,
            touched: self.touched,
            sql: "",
            reason: "",
        }
    }

    /// Its outcome.
    pub fn done(&self) -> Done {
        let (outcome, message) = match self.result {
            Ok(message) => (Outcome::Worked, message),
            Err(message) => (Outcome::Refused, message),
        };
        Done { object: self.object.into(), outcome, message: message.into(), took_ms: None }
    }
}

/// How many failed sign-ins are recorded, and how many were not.
pub struct FailedSignIns {
    limiter: RateLimiter,
    unrecorded: AtomicU64,
}

impl Default for FailedSignIns {
    fn default() -> Self {
        Self { limiter: RateLimiter::new(FAILED_PER_MINUTE), unrecorded: AtomicU64::new(0) }
    }
}

impl Audit {
    /// Records a change that was made. A full disk must not keep people from looking, so a failure is
    /// logged.
    pub async fn record_change(&self, change: &Change<'_>) {
        let nowhere = ServerId::new("");
        let written = self.record_event(&change.request(&nowhere), &change.done()).await;
        if let Err(error) = written {
            tracing::error!(%error, action = change.action, who = change.who, "it could not be recorded in the audit log");
        }
    }

    /// Records a failed sign-in. `user` is the name if it is a user's; what else is typed into that field
    /// may be a password.
    pub async fn record_failed_sign_in(&self, user: Option<&str>, from: IpAddr, why: &str) {
        let failed = &self.failed_sign_ins;
        if !failed.limiter.allows(&[String::new()], Instant::now()) {
            failed.unrecorded.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let unrecorded = failed.unrecorded.swap(0, Ordering::Relaxed);
        let message = match unrecorded {
            0 => why.to_owned(),
            count => format!("{why} Before it, {count} failed sign-ins were not recorded."),
        };
        let change = Change {
            who: user.unwrap_or("somebody"),
            action: "sign in",
            object: "pgdeck",
            touched: &format!("from {from}"),
            result: Err(&message),
        };
        self.record_change(&change).await;
    }

    /// Records the configuration if it is another than before; `lines` hold no secrets, `when` is on what
    /// occasion it was read.
    pub async fn record_configuration(
        &self,
        lines: &[String],
        when: &str,
    ) -> Result<(), sqlx::Error> {
        let before: Option<String> = sqlx::query_scalar(
            "select sql from audit where kind = 'asked' and action = ? order by id desc limit 1",
        )
        .bind(CONFIGURE)
        .fetch_optional(&self.pool)
        .await?;
        let now = lines.join("\n");
        let message = match &before {
            Some(before) if *before == now => return Ok(()),
            Some(before) => difference(before, &now),
            None => "The configuration was recorded for the first time.".into(),
        };
        let nowhere = ServerId::new("");
        let change = Change {
            who: crate::auth::LOCAL,
            action: CONFIGURE,
            object: "pgdeck",
            touched: when,
            result: Ok(&message),
        };
        let request = ActionRequest { sql: &now, ..change.request(&nowhere) };
        self.record_event(&request, &change.done()).await
    }
}

/// The lines that came and went.
fn difference(before: &str, now: &str) -> String {
    let missing = |from: &str, of: &str| {
        let lines = of.lines().filter(|line| !from.lines().any(|other| other == *line));
        lines.collect::<Vec<_>>().join("; ")
    };
    match (missing(now, before), missing(before, now)) {
        (gone, new) if gone.is_empty() => format!("New: {new}."),
        (gone, new) if new.is_empty() => format!("Gone: {gone}."),
        (gone, new) => format!("New: {new}. Gone: {gone}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_names_what_came_and_what_went() {
        assert_eq!(difference("a = 1\nb = 2", "a = 1\nb = 3"), "New: b = 3. Gone: b = 2.");
        assert_eq!(difference("a = 1", "a = 1\nb = 3"), "New: b = 3.");
        assert_eq!(difference("a = 1\nb = 3", "a = 1"), "Gone: b = 3.");
    }
}
