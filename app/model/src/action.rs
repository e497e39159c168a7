//! Operator actions (cancel, terminate, VACUUM, ANALYZE): request, preview and result.
//!
//! One vocabulary for engine, audit log and pages. Decides nothing.

use serde::{Deserialize, Serialize};

use crate::server::ServerId;

/// Something that can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Cancels the statement a session runs.
    Cancel,
    /// Ends a session.
    Terminate,
    /// Vacuums a table.
    Vacuum,
    /// Gathers statistics of a table.
    Analyze,
}

impl Action {
    /// All actions, the gentler of two first.
    pub const ALL: [Self; 4] = [Self::Cancel, Self::Terminate, Self::Vacuum, Self::Analyze];

    /// The word in forms and in the audit log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::Terminate => "terminate",
            Self::Vacuum => "vacuum",
            Self::Analyze => "analyze",
        }
    }

    /// The verb on a button: `Terminate`, `VACUUM`.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Cancel => "Cancel",
            Self::Terminate => "Terminate",
            Self::Vacuum => "VACUUM",
            Self::Analyze => "ANALYZE",
        }
    }

    /// Whether it is done to sessions; the others are done to a table.
    pub fn is_on_sessions(self) -> bool {
        matches!(self, Self::Cancel | Self::Terminate)
    }
}

/// Why there is nothing to cancel in a client's session that is in this state and wait; None where
/// cancelling does what it says.
pub fn cannot_cancel(pid: i32, state: Option<&str>, wait_event: Option<&str>) -> Option<String> {
    match state {
        Some("active") if wait_event == Some("SyncRep") => Some(format!(
            "Cannot cancel: pid {pid} has already committed on this server and waits for a synchronous standby. Cancelling would only end the wait, and its client might repeat what is done."
        )),
        Some("active" | "fastpath function call") => None,
        Some("disabled") => Some(format!(
            "Cannot cancel: track_activities is off for pid {pid}, so it is unknown whether it runs anything."
        )),
        Some(_) => {
            Some(format!("Cannot cancel: pid {pid} is running nothing. Terminate it instead."))
        }
        None => Some(format!("Cannot cancel: it is unknown what pid {pid} is doing.")),
    }
}

/// What an action is done to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Target {
    /// A session: its pid can be given to another one, its start cannot.
    Session {
        /// Process id.
        pid: i32,
        /// When it started, ms since the epoch, by the server's clock.
        backend_start_ms: i64,
    },
    /// A table, as the user wrote its name. Hostile text.
    Table {
        /// With its schema.
        name: String,
    },
}

impl Target {
    /// The field of a form: `640@1763735133000` or `table public.orders`.
    pub fn field(&self) -> String {
        match self {
            Self::Session { pid, backend_start_ms } => format!("{pid}@{backend_start_ms}"),
            Self::Table { name } => format!("table {name}"),
        }
    }

    /// Reads what `field` wrote.
    pub fn from_field(text: &str) -> Option<Self> {
        if let Some(name) = text.strip_prefix("table ") {
            return Some(Self::Table { name: name.trim().to_owned() });
        }
        let (pid, start) = text.split_once('@')?;
        Some(Self::Session { pid: pid.parse().ok()?, backend_start_ms: start.parse().ok()? })
    }

    /// The object in sentences: `pid 640`, `public.orders`.
    pub fn object(&self) -> String {
        match self {
            Self::Session { pid, .. } => format!("pid {pid}"),
            Self::Table { name } => name.clone(),
        }
    }
}

/// The request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// The action.
    pub action: Action,
    /// To what.
    pub targets: Vec<Target>,
    /// Asked a second time, after learning that a target is not to be ended lightly.
    pub twice: bool,
}

/// Why a target is left alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// One sentence.
    #[serde(rename = "says")]
    pub message: String,
    /// What would change it: a statement or a sentence.
    pub remedy: Option<String>,
    /// Whether asking a second time lifts it.
    pub lifted_by_asking_twice: bool,
}

/// One target as it would be acted upon.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Previewed {
    /// The target.
    pub target: Target,
    /// `pid 640`, or the table's name quoted by the server.
    pub object: String,
    /// Whom it touches: role, database, application, client. Hostile text.
    pub who: String,
    /// The state of the session now.
    pub state: Option<String>,
    /// For how long it has been in it, ms.
    pub state_age_ms: Option<f64>,
    /// What the session runs, or ran last, without passwords; None where nothing can be known of it or
    /// the person may not see it. Hostile text.
    #[serde(default)]
    pub query: Option<String>,
    /// The exact statement.
    pub sql: String,
    /// Why it will be left alone, when it will.
    pub refusal: Option<Refusal>,
}

/// What would happen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    /// Where.
    pub server: ServerId,
    /// What is asked.
    pub ask: Ask,
    /// As which role of the server it would be done.
    pub role: String,
    /// The lock it takes, one sentence.
    pub lock: String,
    /// What it does, one sentence or two.
    pub effect: String,
    /// Each target.
    pub targets: Vec<Previewed>,
    /// Whom ending them frees, by the newest reading of locks; None: no session waits for them.
    pub frees: Option<String>,
    /// Confirms exactly this preview; None when there is nothing that would be done.
    pub token: Option<String>,
}

impl Preview {
    /// The targets that would be acted upon.
    pub fn allowed(&self) -> impl Iterator<Item = &Previewed> {
        self.targets.iter().filter(|target| target.refusal.is_none())
    }

    /// Whether asking a second time would change anything.
    pub fn asking_twice_helps(&self) -> bool {
        let lifted = |t: &Previewed| t.refusal.as_ref().is_some_and(|r| r.lifted_by_asking_twice);
        self.targets.iter().any(lifted)
    }

    /// The same without the text of statements, for people who may not see it.
    pub fn without_query_text(mut self) -> Self {
        self.targets.iter_mut().for_each(|target| target.query = None);
        self
    }

    /// What the confirming button says: `Terminate pid 640`, `Cancel 12 sessions`.
    pub fn words(&self) -> String {
        let verb = self.ask.action.verb();
        let mut allowed = self.allowed();
        match (allowed.next(), allowed.count()) {
            (Some(only), 0) => format!("{verb} {}", only.object),
            (Some(_), more) => format!("{verb} {} sessions", more + 1),
            (None, _) => verb.to_owned(),
        }
    }
}

/// How an act ended for one target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It was seen to have worked.
    Worked,
    /// It was done, but no effect was seen in the time we looked.
    Unseen,
    /// It was not done.
    Refused,
    /// The connection was lost: whether it was done is not known.
    Unknown,
    /// It still runs; the audit log will have the result.
    Running,
}

impl Outcome {
    /// All outcomes.
    pub const ALL: [Self; 5] =
        [Self::Worked, Self::Unseen, Self::Refused, Self::Unknown, Self::Running];

    /// The word in the audit log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Worked => "worked",
            Self::Unseen => "unseen",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
            Self::Running => "running",
        }
    }
}

/// What became of one target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// `pid 640`.
    pub object: String,
    /// How it ended.
    pub outcome: Outcome,
    /// In one sentence.
    #[serde(rename = "says")]
    pub message: String,
    /// From asking to seeing the effect, ms; None where none was seen.
    pub took_ms: Option<f64>,
}

crate::named::named!(Action);
crate::named::named!(Outcome);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_survives_a_form() {
        for target in [
            Target::Session { pid: 640, backend_start_ms: 1_763_735_133_000 },
            Target::Table { name: "public.\"a b@c\"".into() },
        ] {
            assert_eq!(Target::from_field(&target.field()), Some(target));
        }
        for wrong in ["", "640", "a@1", "1@", "640@1.5", "99999999999@1"] {
            assert_eq!(Target::from_field(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn only_a_running_statement_can_be_cancelled() {
        assert_eq!(cannot_cancel(1, Some("active"), None), None);
        assert_eq!(cannot_cancel(1, Some("fastpath function call"), Some("SyncRep")), None);
        let why = |state, wait| cannot_cancel(1, state, wait).unwrap_or_default();
        assert!(why(Some("active"), Some("SyncRep")).contains("already committed"));
        assert!(why(Some("idle in transaction (aborted)"), None).contains("running nothing"));
        assert!(why(Some("disabled"), None).contains("track_activities"));
        assert!(why(None, None).contains("unknown"));
    }

    #[test]
    fn words_are_read_back() {
        assert!(Action::ALL.iter().all(|a| a.as_str().parse() == Ok(*a)));
        assert!(Outcome::ALL.iter().all(|o| o.as_str().parse() == Ok(*o)));
    }
}
