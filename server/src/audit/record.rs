//! One record of the audit log and the hash that binds it to all before it. Pure.

use model::audit::Chain;
use sha2::{Digest, Sha256};

use hex::encode as hex;

/// A record as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Record {
    /// Its number; one more than that of the record before.
    pub id: i64,
    /// `asked` or `ended`.
    pub kind: String,
    /// For `ended`: the number of the `asked` record.
    pub act: Option<i64>,
    /// When, ms since the epoch.
    pub at_ms: i64,
    /// Who asked.
    pub who: String,
    /// On which server.
    pub server: String,
    /// The action's word.
    pub action: String,
    /// To what.
    pub object: String,
    /// Whom it touched.
    pub touched: String,
    /// The exact statement.
    pub sql: String,
    /// Why.
    pub reason: String,
    /// How it ended.
    pub outcome: String,
    /// In one sentence.
    #[sqlx(rename = "says")]
    pub message: String,
    /// From asking to seeing the effect, µs.
    pub took_us: Option<i64>,
    /// The hash of this record and all before it.
    pub hash: String,
}

/// What the first record follows from.
pub const NOTHING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

impl Record {
    /// The hash this record has when `before` is the one before it. The fields are hashed as a JSON
    /// array: no text can pretend to be the end of one field and the beginning of the next.
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

/// Walks the chain from its first record to its last.
#[derive(Debug)]
pub struct Walk {
    records: i64,
    head: String,
    broken: Option<Chain>,
}

impl Default for Walk {
    fn default() -> Self {
        Self { records: 0, head: NOTHING.into(), broken: None }
    }
}

impl Walk {
    /// Takes the next record. Once the chain is broken, nothing after it counts.
    pub fn step(&mut self, record: &Record) {
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

    /// The verdict; `written` is how many records were ever written.
    pub fn end(self, written: i64) -> Chain {
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
        let mut before = NOTHING.to_owned();
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
        let mut walk = Walk::default();
        log.iter().for_each(|record| walk.step(record));
        walk.end(written)
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
            let before = if at == 0 { NOTHING.into() } else { whole[at - 1].hash.clone() };
            rehashed[at].hash = rehashed[at].hash_after(&before);
            // The newest record can be forged whole; who keeps its hash elsewhere sees it.
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
        assert_ne!(one.hash_after(NOTHING), two.hash_after(NOTHING));
    }
}
