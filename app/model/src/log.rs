//! Area log: what of the server's own log is read, and what it has of statements.

use serde::{Deserialize, Serialize};

use crate::explain::LoggedPlan;
use crate::reason::{Known, Reason};

/// A format that can be read safely: a client's text cannot forge a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// `jsonlog`, from PostgreSQL 15 on.
    Json,
    /// `csvlog`.
    Csv,
}

/// Which statements the server logs with how long they took, by its settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Logged {
    /// `log_min_duration_statement`, ms: all from here on; None if off.
    pub all_from_ms: Option<f64>,
    /// `log_min_duration_sample`, ms: a sample from here on; None if off.
    pub sample_from_ms: Option<f64>,
    /// `log_statement_sample_rate`: of these.
    pub sample_rate: f64,
    /// `log_transaction_sample_rate`: of whole transactions.
    pub transaction_rate: f64,
}

impl Logged {
    /// From which duration on runs are logged, all or some, ms; None where none is.
    pub fn from_ms(&self) -> Option<f64> {
        let sample = self.sample_from_ms.filter(|_| self.sample_rate > 0.0);
        let transactions = (self.transaction_rate > 0.0).then_some(0.0);
        [self.all_from_ms, sample, transactions].into_iter().flatten().reduce(f64::min)
    }

    /// For how many runs one of this duration counts: the reciprocal of its chance to be logged. 1 where the
    /// server's own settings would not have logged it: a role or a database has settings of its own.
    pub fn weight(&self, ms: f64) -> f64 {
        if self.all_from_ms.is_some_and(|from| ms >= from) {
            return 1.0;
        }
        let sampled = self.sample_from_ms.is_some_and(|from| ms >= from);
        let missed = if sampled { 1.0 - self.sample_rate } else { 1.0 };
        let chance = 1.0 - missed * (1.0 - self.transaction_rate);
        if chance > 0.0 { 1.0 / chance } else { 1.0 }
    }
}

/// A run that the log tells of.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// The statement's identifier, where the server computes it.
    pub query_id: Option<i64>,
    /// pgdeck's fingerprint of its text, where there is no identifier.
    pub fingerprint: Option<String>,
    /// How long it took, ms.
    pub ms: f64,
}

/// The file that is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Its name.
    pub name: String,
    /// Its format.
    pub format: Format,
    /// Its size, bytes.
    pub size: i64,
}

/// Why a run of autovacuum did not finish.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Somebody waited for a lock on the table, or canceled it by hand.
    Canceled,
    /// The table's lock was taken as it began.
    Skipped,
}

/// Runs of autovacuum on one table that did not finish in one way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnfinishedRun {
    /// In which.
    pub ending: Ending,
    /// Whether it was an ANALYZE; otherwise a VACUUM.
    pub is_analyze: bool,
    /// Database, schema and table with dots between; of a skipped one the table alone. Hostile text.
    pub table: String,
    /// How many.
    pub count: u64,
    /// When the last was read, ms since the epoch.
    pub last_ms: i64,
}

/// What the log says of autovacuum.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AutovacuumLog {
    /// Since when it has been read, ms since the epoch.
    pub since_ms: i64,
    /// Whether skipped runs are logged: not with `log_autovacuum_min_duration = -1`.
    pub logs_skipped: bool,
    /// Runs that did not finish, the newest first.
    pub runs: Vec<UnfinishedRun>,
    /// How many were left out because there are too many tables.
    pub left_out: u64,
}

/// Everything the log area reads in one tick.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Log {
    /// The file, or why the log cannot be read.
    pub file: Known<File>,
    /// Which statements it has; an error says why it has none.
    pub logged: Known<Logged>,
    /// Runs of autovacuum that did not finish, or why that is not known.
    #[serde(default = "not_yet")]
    pub autovacuum: Known<AutovacuumLog>,
    /// Bytes that this tick has read.
    pub read: i64,
    /// Bytes that were passed over because the log grows faster than it is read.
    pub skipped: i64,
    /// Lines that are no records.
    pub strange: u64,
    /// Runs that were read: for the history store only.
    #[serde(skip)]
    pub runs: Vec<Run>,
    /// Plans that were read: for the history store only, without values.
    #[serde(skip)]
    pub plans: Vec<LoggedPlan>,
}

/// What an earlier version did not record.
fn not_yet<T>() -> Known<T> {
    Err(Reason::NotYet)
}

impl Log {
    /// Why nothing of it tells how long statements take.
    pub fn why_not(&self) -> Option<&Reason> {
        self.file.as_ref().err().or(self.logged.as_ref().err())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sampled_run_stands_for_those_that_were_not_logged() {
        let off = Logged { sample_rate: 1.0, ..Logged::default() };
        assert_eq!((off.from_ms(), off.weight(5.0)), (None, 1.0));
        let two = Logged {
            all_from_ms: Some(2_000.0),
            sample_from_ms: Some(10.0),
            sample_rate: 0.1,
            transaction_rate: 0.0,
        };
        assert_eq!(two.from_ms(), Some(10.0));
        assert_eq!(two.weight(2_000.0), 1.0);
        assert!((two.weight(1_999.0) - 10.0).abs() < 1e-9);
        assert_eq!(two.weight(9.0), 1.0, "logged by a setting that is not the server's");
        let both = Logged { transaction_rate: 0.5, ..two };
        assert_eq!((both.from_ms(), both.weight(9.0)), (Some(0.0), 2.0));
        assert!((both.weight(10.0) - 1.0 / 0.55).abs() < 1e-9);
        assert_eq!(Logged { sample_rate: 0.0, ..two }.from_ms(), Some(2_000.0));
    }
}
