//! A record of the server's log, whatever its format.

/// `backend_type` of a worker of autovacuum.
pub const AUTOVACUUM: &str = "autovacuum worker";

/// What is used of a record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// `LOG`, `ERROR` …
    pub severity: String,
    /// The message. Hostile text.
    pub message: String,
    /// Whether it says within what it was raised. PostgreSQL's own durations have no context, while
    /// a function that raises a message like them has.
    pub has_context: bool,
    /// Of a worker of autovacuum: the context, which names the table; empty where there is none. No client writes a
    /// record of that kind of process.
    pub autovacuum: Option<String>,
    /// The database it was raised in.
    pub database: Option<String>,
    /// The statement's identifier.
    pub query_id: Option<i64>,
}

impl Record {
    /// Whether PostgreSQL itself may have written the duration in it.
    pub fn may_be_duration(&self) -> bool {
        self.severity == "LOG" && !self.has_context
    }

    /// Whether auto_explain may have written the plan in it: its level is a setting, and errors are not among
    /// them. Of a statement within a function the record has the identifier of the one that called it, and of
    /// what a function raises the text is anybody's: both have a context.
    pub fn may_be_plan(&self) -> bool {
        !["ERROR", "FATAL", "PANIC"].contains(&&*self.severity) && !self.has_context
    }
}
