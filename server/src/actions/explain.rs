//! EXPLAIN on a server as an action of a person: a run is started only from its own preview, once, and
//! has a record in the audit log before anything is sent.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use app::{Deed, ExplainJournal};
use engine::{now_ms, without_secrets};
use model::ApiError;
use model::explain::RunId;
use sha2::{Digest, Sha256};

use super::{ActionRunner, declined, internal};
use crate::audit::ActionRequest;

/// Lifetime of a preview, ms, as of the confirmation of an action.
const LIFETIME_MS: i64 = 10 * 60 * 1_000;
/// Previews remembered for one user; beyond that the oldest is forgotten.
const MAX_PER_USER: usize = 32;
/// Characters of a statement that are recorded.
const MAX_RECORDED_CHARS: usize = 20_000;

/// The previews that were shown and not run yet.
#[derive(Default)]
pub struct Previews(Mutex<VecDeque<Shown>>);

struct Shown {
    user: String,
    run: RunId,
    /// SHA-256 of what was previewed.
    request: [u8; 32],
    expires_ms: i64,
}

impl Previews {
    /// Remembers a preview.
    fn add(&self, user: &str, run: &RunId, request: &str, now_ms: i64) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|shown| shown.expires_ms > now_ms);
        if all.iter().filter(|shown| shown.user == user).count() >= MAX_PER_USER
            && let Some(oldest) = all.iter().position(|shown| shown.user == user)
        {
            all.remove(oldest);
        }
        all.push_back(Shown {
            user: user.to_owned(),
            run: run.clone(),
            request: Sha256::digest(request).into(),
            expires_ms: now_ms + LIFETIME_MS,
        });
    }

    /// Whether exactly this was shown to this user under this name; if so, it is used up.
    fn redeem(&self, user: &str, run: &RunId, request: &str, now_ms: i64) -> bool {
        let request: [u8; 32] = Sha256::digest(request).into();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = all.iter().position(|shown| {
            shown.run == *run
                && shown.user == user
                && shown.request == request
                && shown.expires_ms > now_ms
        });
        found.and_then(|at| all.remove(at)).is_some()
    }
}

/// The journal of EXPLAIN runs over the audit log of `runner`.
pub fn journal(runner: &ActionRunner) -> ExplainJournal {
    let (previewed, redeem) = (Arc::clone(&runner.0), Arc::clone(&runner.0));
    let (begin, end) = (runner.clone(), runner.clone());
    ExplainJournal {
        previewed: Arc::new(move |user, run, request| {
            previewed.previews.add(user, run, request, now_ms());
        }),
        redeem: Arc::new(move |user, run, request| {
            redeem.previews.redeem(user, run, request, now_ms())
        }),
        begin: Arc::new(move |deed| {
            let runner = begin.clone();
            Box::pin(async move { runner.record(&deed).await })
        }),
        end: Arc::new(move |(record, done)| {
            let runner = end.clone();
            Box::pin(async move {
                let written = runner.audit().record_outcome(record, &done).await;
                written.map_err(|error| internal(&error.into()))
            })
        }),
    }
}

impl ActionRunner {
    /// Writes the record of an EXPLAIN; without it nothing is done.
    async fn record(&self, deed: &Deed) -> Result<i64, ApiError> {
        let sql = recorded(&deed.sql);
        let request = ActionRequest {
            user: &deed.user,
            server: &deed.server,
            action: deed.action,
            object: &deed.object,
            touched: &deed.role,
            sql: &sql,
            reason: "",
        };
        self.audit().record_request(&request).await.map_err(|error| {
            tracing::error!(%error, "an EXPLAIN was not run: its record could not be written");
            declined(
                "The audit log cannot be written, so nothing was sent to the server.",
                "Look at the disk of pgdeck's data directory.",
            )
        })
    }
}

/// The statement as it is recorded: without secrets, and not longer than anyone reads.
fn recorded(statement: &str) -> String {
    let text = without_secrets(statement);
    match text.char_indices().nth(MAX_RECORDED_CHARS) {
        Some((end, _)) => {
            let kept = text.get(..end).unwrap_or_default();
            format!("{kept}… ({} bytes in all)", statement.len())
        }
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preview_starts_one_run_of_its_user() {
        let previews = Previews::default();
        let run = RunId::new([1; 16]);
        previews.add("eve", &run, "select 1", 0);
        assert!(!previews.redeem("bob", &run, "select 1", 1));
        assert!(!previews.redeem("eve", &run, "select 2", 1), "the form has changed");
        assert!(!previews.redeem("eve", &RunId::new([2; 16]), "select 1", 1));
        assert!(!previews.redeem("eve", &run, "select 1", LIFETIME_MS), "too late");
        assert!(previews.redeem("eve", &run, "select 1", 1));
        assert!(!previews.redeem("eve", &run, "select 1", 1), "used up");
    }

    #[test]
    fn one_user_fills_only_their_own_room() {
        let previews = Previews::default();
        let run = |number: usize| RunId::new([number as u8; 16]);
        previews.add("bob", &run(0), "x", 0);
        (1..=2 * MAX_PER_USER).for_each(|number| previews.add("eve", &run(number), "x", 0));
        assert_eq!(previews.0.lock().unwrap().len(), MAX_PER_USER + 1);
        assert!(previews.redeem("bob", &run(0), "x", 1));
        assert!(!previews.redeem("eve", &run(1), "x", 1), "the oldest is forgotten");
    }

    #[test]
    fn a_long_statement_is_cut_and_a_password_hidden() {
        let long = recorded(&"é".repeat(MAX_RECORDED_CHARS + 1));
        assert!(long.ends_with(&format!("… ({} bytes in all)", 2 * (MAX_RECORDED_CHARS + 1))));
        assert!(!recorded("alter role a password 'S3cret'").contains("S3cret"));
    }
}
