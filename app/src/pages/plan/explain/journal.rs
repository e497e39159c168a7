//! What EXPLAIN owes the rest of pgdeck: a run needs the preview that offered it, and a record in the
//! audit log before anything is sent to the server. The server package provides both.

use std::sync::Arc;

use model::action::{Done, Outcome};
use model::explain::{NotExplained, RunId};
use model::{ApiError, Reason, ServerId, User};

use super::request::ExplainRequest;
use crate::actions::Handler;

/// What is about to be done to a server on a person's behalf.
#[derive(Clone, Debug)]
pub struct Deed {
    /// Who asked for it.
    pub user: String,
    /// Where.
    pub server: ServerId,
    /// The word in the audit log: `explain`, `explain analyze`.
    pub action: &'static str,
    /// To what: `database shop`.
    pub object: String,
    /// As which role.
    pub role: String,
    /// The statement as it was typed; values of parameters are left out.
    pub sql: String,
}

/// A call about a user, the name of a run, and the request as text.
pub type OfRun<T> = Arc<dyn Fn(&str, &RunId, &str) -> T + Send + Sync>;

/// Confirmation of previews and the audit log, provided in the context of each request.
#[derive(Clone)]
pub struct ExplainJournal {
    /// Remembers that this user was shown this preview, under the name of its run.
    pub previewed: OfRun<()>,
    /// Whether this user was shown exactly this under that name; uses the preview up.
    pub redeem: OfRun<bool>,
    /// Writes the record; it is on disk when this returns its id.
    pub begin: Handler<Deed, i64>,
    /// Writes the record of the outcome.
    pub end: Handler<(i64, Done), ()>,
}

impl ExplainJournal {
    /// Remembers the preview of a run.
    pub fn previewed(&self, user: &User, run: &RunId, request: &ExplainRequest) {
        (self.previewed)(&user.name, run, &covered(request));
    }

    /// Passes when the run was previewed as requested now, by this user, and not started yet.
    pub fn redeem(
        &self,
        user: &User,
        run: &RunId,
        request: &ExplainRequest,
    ) -> Result<(), ApiError> {
        if (self.redeem)(&user.name, run, &covered(request)) {
            return Ok(());
        }
        Err(ApiError::Declined {
            message: "This is not what was previewed: the form has changed, it was run before, or the preview is older than ten minutes. Nothing was sent to the server.".into(),
            remedy: Some("Preview again.".into()),
        })
    }

    /// Records what is about to be done.
    pub async fn begin(&self, deed: Deed) -> Result<Pending, ApiError> {
        let record = (self.begin)(deed.clone()).await?;
        Ok(Pending { journal: self.clone(), record, object: deed.object, is_open: true })
    }
}

/// What a preview covers: the whole request.
fn covered(request: &ExplainRequest) -> String {
    serde_json::to_string(request).unwrap_or_default()
}

/// A record that waits for its outcome. When the page is left first, that is the outcome.
pub struct Pending {
    journal: ExplainJournal,
    record: i64,
    object: String,
    is_open: bool,
}

impl Pending {
    /// Records the outcome; also when the caller goes away meanwhile.
    pub async fn end(mut self, (outcome, message): (Outcome, String), took_ms: Option<f64>) {
        self.is_open = false;
        // An error is a panic in that task, which is logged.
        let _ = self.write(outcome, message, took_ms).await;
    }

    fn write(
        &self,
        outcome: Outcome,
        message: String,
        took_ms: Option<f64>,
    ) -> tokio::task::JoinHandle<()> {
        let done = Done { object: self.object.clone(), outcome, message, took_ms };
        let written = (self.journal.end)((self.record, done));
        tokio::spawn(async move {
            // The journal logs what cannot be written.
            let _ = written.await;
        })
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if self.is_open {
            let message =
                "The page was closed before the end; the statement was cancelled and rolled back.";
            drop(self.write(Outcome::Unseen, message.into(), None));
        }
    }
}

/// How it ended; `message` says what was done. The words of PostgreSQL's error may hold data, so they are not recorded.
pub fn outcome<T>(answer: &Result<T, NotExplained>, message: &str) -> (Outcome, String) {
    let Err(why) = answer else { return (Outcome::Worked, message.to_owned()) };
    let outcome = match why {
        NotExplained::Cancelled { .. } | NotExplained::TimedOut { .. } => Outcome::Unseen,
        NotExplained::Unknown(Reason::Unreachable { .. } | Reason::TimedOut { .. }) => {
            Outcome::Unknown
        }
        NotExplained::Refused(_) | NotExplained::Failed { .. } | NotExplained::Unknown(_) => {
            Outcome::Refused
        }
    };
    let message = match why {
        NotExplained::Failed { sqlstate, at, .. } => {
            let place = at.map(|at| format!(" ({at})")).unwrap_or_default();
            format!("PostgreSQL answered with error {sqlstate}{place}; everything was rolled back.")
        }
        why => why.clone().without_query_text().message(),
    };
    (outcome, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_holds_no_data_of_the_server() {
        let failed: Result<(), _> = Err(NotExplained::Failed {
            sqlstate: "22P02".into(),
            message: "invalid input syntax: \"S3cret\"".into(),
            hint: None,
            at: None,
        });
        let (kind, message) = outcome(&failed, "Planned.");
        assert_eq!(kind, Outcome::Refused);
        assert!(!message.contains("S3cret") && message.contains("22P02"), "{message}");
        let cancelled = NotExplained::Cancelled { after_ms: 5, by: "eve".into() };
        assert_eq!(outcome::<()>(&Err(cancelled), "").0, Outcome::Unseen);
        assert_eq!(outcome(&Ok(()), "Planned."), (Outcome::Worked, "Planned.".into()));
    }
}
