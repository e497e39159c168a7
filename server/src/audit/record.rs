//! The hash chain of the audit log: each record's SHA-256 covers its fields and the hash before it. Pure.

use model::audit::Chain;
use sha2::{Digest, Sha256};

use hex::encode as hex;

/// A row of the table `audit`; the fields are its columns.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Record {
    /// Its id; one more than that of the previous record.
    pub id: i64,
    /// `asked` or `ended`.
    pub kind: String,
    /// For `ended`: the id of the `asked` record.
    pub act: Option<i64>,
    /// When, ms since the epoch.
    pub at_ms: i64,
    /// The user.
    pub who: String,
    /// The server.
    pub server: String,
    /// The action's name.
    pub action: String,
    /// The target.
    pub object: String,
    /// Whom the action affects: role and application of the session, or owner of the table.
    pub touched: String,
    /// The exact statement.
    pub sql: String,
    /// The reason given by the user.
    pub reason: String,
    /// The outcome.
    pub outcome: String,
    /// The outcome in one sentence.
    #[sqlx(rename = "says")]
    pub message: String,
    /// From the statement to its effect, µs.
    pub took_us: Option<i64>,
    /// SHA-256 of this record and the previous hash.
    pub hash: String,
}

/// The previous hash of the first record.
pub const GENESIS_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

impl Record {
    /// The hash of this record after `before`, the previous hash. The fields are hashed as a JSON array:
    /// text cannot shift from one field into the next.
    pub fn hash_after(&self, before: &str) -> String {
        let fields = serde_json::json!([
            self.id,
            self.kind,
            self.act,
            self.at_ms,
            self.who,
            self.server,
            self.action,
            self.object,
            self.touched,
            self.sql,
            self.reason,
            self.outcome,
            self.message,
            self.took_us,
        ]);
        let digest = Sha256::new().chain_update(before).chain_update(fields.to_string()).finalize();
        hex(digest)
    }
}

/// Verifies the chain from its first record to its last.
#[derive(Debug)]
pub struct ChainVerifier {
    records: i64,
    head: String,
    broken: Option<Chain>,
}

impl Default for ChainVerifier {
    fn default() -> Self {
        Self { records: 0, head: GENESIS_HASH.into(), broken: None }
    }
}

impl ChainVerifier {
    /// Checks the next record. After the first break the rest is ignored.
    pub fn add(&mut self, record: &Record) {
        if self.broken.is_some() {
            return;
        }
        let expected = self.records + 1;
        let broken = |message: String| Some(Chain::Broken { record: expected, message });
        if record.id != expected {
            self.broken = broken(format!("it is missing, the next one is {}.", record.id));
        } else if record.hash_after(&self.head) != record.hash {
            self.broken =
                broken("it, or a record before it, was changed after it was written.".into());
        } else {
            self.records = expected;
            self.head.clone_from(&record.hash);
        }
    }

    /// The result; `written` is how many records were ever written.
    pub fn finish(self, written: i64) -> Chain {
        if let Some(broken) = self.broken {
            return broken;
        }
        if written > self.records {
            let message = format!("it and all after it are missing; {written} were written.");
            return Chain::Broken { record: self.records + 1, message };
        }
        Chain::Whole { records: self.records, head: self.head }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(count: i64) -> Vec<Record> {
        let mut before = GENESIS_HASH.to_owned();
        (1..=count)
            .map(|id| {
                let mut record = Record { id, who: format!("eve {id}"), ..Record::default() };
                record.hash = record.hash_after(&before);
                before.clone_from(&record.hash);
                record
            })
            .collect()
    }

    fn verdict(log: &[Record], written: i64) -> Chain {
        let mut verifier = ChainVerifier::default();
        log.iter().for_each(|record| verifier.add(record));
        verifier.finish(written)
    }

    #[test]
    fn a_log_as_it_was_written_is_whole() {
        assert!(matches!(verdict(&log(3), 3), Chain::Whole { records: 3, .. }));
        assert!(matches!(verdict(&[], 0), Chain::Whole { records: 0, .. }));
    }

    #[test]
    fn every_changed_removed_moved_or_forged_record_is_seen() {
        let whole = log(5);
        for at in 0..5 {
            let mut changed = whole.clone();
            changed[at].reason = "another".into();
            assert!(
                matches!(verdict(&changed, 5), Chain::Broken { record, .. } if record == at as i64 + 1)
            );
            let mut removed = whole.clone();
            removed.remove(at);
            assert!(
                matches!(verdict(&removed, 5), Chain::Broken { record, .. } if record == at as i64 + 1)
            );
            let mut rehashed = whole.clone();
            rehashed[at].took_us = Some(1);
            let before = if at == 0 { GENESIS_HASH.into() } else { whole[at - 1].hash.clone() };
            rehashed[at].hash = rehashed[at].hash_after(&before);
            // The newest record can be forged; a copy of its hash kept elsewhere reveals that.
            assert_eq!(matches!(verdict(&rehashed, 5), Chain::Whole { .. }), at == 4);
        }
        let mut swapped = whole;
        swapped.swap(1, 2);
        assert!(matches!(verdict(&swapped, 5), Chain::Broken { record: 2, .. }));
    }

    #[test]
    fn fields_cannot_run_into_each_other() {
        let one = Record { who: "a".into(), server: "bc".into(), ..Record::default() };
        let two = Record { who: "ab".into(), server: "c".into(), ..Record::default() };
        assert_ne!(one.hash_after(GENESIS_HASH), two.hash_after(GENESIS_HASH));
    }
}
