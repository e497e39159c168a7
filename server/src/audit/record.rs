//! The hash chain of the audit log: each record's SHA-256 covers its fields and the hash before it. Pure.

use std::collections::BTreeMap;

use model::ServerId;
use model::action::Done;
use model::audit::Chain;
use sha2::{Digest, Sha256};

use hex::encode as hex;

/// What is recorded before an action runs.
pub struct ActionRequest<'a> {
    /// The user.
    pub user: &'a str,
    /// The server.
    pub server: &'a ServerId,
    /// The action's name.
    pub action: &'a str,
    /// The target.
    pub object: &'a str,
    /// Whom it affects: role and application of the session, owner of the table, role of the run.
    pub touched: &'a str,
    /// The exact statement.
    pub sql: &'a str,
    /// The reason given by the user.
    pub reason: &'a str,
}

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
    /// The record before an action.
    pub fn of_request(request: &ActionRequest<'_>, at_ms: i64) -> Self {
        Self {
            kind: "asked".into(),
            at_ms,
            who: request.user.into(),
            server: request.server.as_str().into(),
            action: request.action.into(),
            object: request.object.into(),
            touched: request.touched.into(),
            sql: request.sql.into(),
            reason: request.reason.into(),
            ..Self::default()
        }
    }

    /// The record of its outcome; `act` is the number of the first.
    pub fn of_outcome(act: i64, done: &Done, at_ms: i64) -> Self {
        Self {
            kind: "ended".into(),
            act: Some(act),
            at_ms,
            outcome: done.outcome.as_str().into(),
            message: done.message.clone(),
            took_us: done.took_ms.map(|ms| (ms * 1_000.0) as i64),
            ..Self::default()
        }
    }

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

/// What is known of the log from outside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// Hashes by number of the record.
    pub hashes: BTreeMap<i64, String>,
    /// The log has at least so many records.
    pub least: i64,
    /// And at most so many; None where nothing is anchored.
    pub most: Option<i64>,
    /// The first record that was written while the head was anchored.
    pub since: Option<i64>,
}

/// Verifies the chain from its first record to its last.
#[derive(Debug)]
pub struct ChainVerifier {
    expected: Expected,
    records: i64,
    head: String,
    broken: Option<Chain>,
}

impl ChainVerifier {
    /// Compares with what is known from outside.
    pub fn new(expected: Expected) -> Self {
        Self { expected, records: 0, head: GENESIS_HASH.into(), broken: None }
    }

    /// Checks the next record. After the first break the rest is ignored.
    pub fn add(&mut self, record: &Record) {
        if self.broken.is_some() {
            return;
        }
        let number = self.records + 1;
        let known = self.expected.hashes.get(&number);
        let message = if record.id != number {
            format!("it is missing, the next one is {}.", record.id)
        } else if record.hash_after(&self.head) != record.hash {
            "it, or a record before it, was changed after it was written.".into()
        } else if known.is_some_and(|known| *known != record.hash) {
            "its hash is not the one that is kept outside the log: it, or a record before it, was changed and the hashes computed anew.".into()
        } else if self.expected.most.is_some_and(|most| number > most) {
            "it was not written by pgdeck: the head that is kept outside the log ends before it."
                .into()
        } else {
            self.records = number;
            self.head.clone_from(&record.hash);
            return;
        };
        self.broken = Some(Chain::Broken { record: number, message });
    }

    /// The result; `written` is how many records were ever written, as the database counts.
    pub fn finish(self, written: i64) -> Chain {
        if let Some(broken) = self.broken {
            return broken;
        }
        let written = written.max(self.expected.least);
        if written > self.records {
            let message = format!("it and all after it are missing; {written} were written.");
            return Chain::Broken { record: self.records + 1, message };
        }
        Chain::Whole { records: self.records, head: self.head, since: self.expected.since }
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
        verdict_beside(log, written, Expected::default())
    }

    fn verdict_beside(log: &[Record], written: i64, expected: Expected) -> Chain {
        let mut verifier = ChainVerifier::new(expected);
        log.iter().for_each(|record| verifier.add(record));
        verifier.finish(written)
    }

    /// What an anchor knows of a log.
    fn anchored(log: &[Record], pending: i64) -> Expected {
        let most = log.len() as i64;
        let hashes = log.iter().map(|record| (record.id, record.hash.clone()));
        let hashes = hashes.filter(|(id, _)| *id >= most - pending).collect();
        Expected { hashes, least: most - pending, most: Some(most), since: Some(1) }
    }

    #[test]
    fn a_head_from_outside_shows_what_the_chain_cannot() {
        let whole = log(5);
        let expected = anchored(&whole, 0);
        let whole_one = verdict_beside(&whole, 5, expected.clone());
        assert!(matches!(whole_one, Chain::Whole { records: 5, since: Some(1), .. }));
        for cut in 0..5 {
            let verdict = verdict_beside(&whole[..cut], cut as i64, expected.clone());
            assert!(matches!(verdict, Chain::Broken { record, .. } if record == cut as i64 + 1));
        }
        let mut before = GENESIS_HASH.to_owned();
        let anew: Vec<Record> = whole
            .iter()
            .map(|record| {
                let mut record = Record { who: "bob".into(), ..record.clone() };
                record.hash = record.hash_after(&before);
                before.clone_from(&record.hash);
                record
            })
            .collect();
        assert!(matches!(verdict(&anew, 5), Chain::Whole { since: None, .. }));
        let verdict = verdict_beside(&anew, 5, expected.clone());
        assert!(matches!(verdict, Chain::Broken { record: 5, .. }), "{verdict:?}");
        let longer = verdict_beside(&log(6), 6, expected);
        assert!(matches!(longer, Chain::Broken { record: 6, .. }), "{longer:?}");
    }

    #[test]
    fn a_record_that_was_being_written_may_be_there_or_not() {
        let whole = log(5);
        for (records, is_whole) in [(5, true), (4, true), (3, false)] {
            let verdict = verdict_beside(&whole[..records], 0, anchored(&whole, 1));
            assert_eq!(matches!(verdict, Chain::Whole { .. }), is_whole, "{records}: {verdict:?}");
        }
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
