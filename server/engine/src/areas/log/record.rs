//! A record of the server's log, whatever its format.

/// What is used of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// `LOG`, `ERROR` …
    pub severity: String,
    /// The message. Hostile text.
    pub message: String,
    /// Whether it says within what it was raised. PostgreSQL's own durations have no context, while
    /// a function that raises a message like them has.
    pub has_context: bool,
    /// The statement's identifier.
    pub query_id: Option<i64>,
}

impl Record {
    /// Whether PostgreSQL itself may have written the duration in it.
    pub fn may_be_duration(&self) -> bool {
        self.severity == "LOG" && !self.has_context
    }
}
