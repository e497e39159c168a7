//! Reads how tables are defined: with each reading, but more seldom where that takes long.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use model::server::Facts;
use model::tables::schema::{Schema, Sequence};
use model::{Known, Reason};

use super::{
    DOUBTFUL_CONSTRAINTS, MISSING_KEYS, PARTITION_KEYS, PARTITIONS, SEQUENCES, VIEWS_WITHOUT_KEY,
};
use crate::connection::{Observer, Rows};
use crate::error::Error;

/// A reading holds for so many times as long as it took: half a percent of the time is spent on it.
const TIMES: i64 = 200;
/// The longest that one holds, ms.
const LONGEST_MS: i64 = 600_000;

/// The newest reading.
#[derive(Default)]
pub struct SchemaReader {
    newest: Option<(Arc<Schema>, i64)>,
    /// When each sequence was first seen, and at which value.
    first: HashMap<(String, String), (i64, i64)>,
}

impl SchemaReader {
    /// The definitions, read anew unless they still hold.
    pub async fn read(
        &mut self,
        observer: &mut Observer,
        facts: &Facts,
        now_ms: i64,
    ) -> Result<Arc<Schema>, Error> {
        let holds = |until: &i64| now_ms < *until;
        if let Some((newest, _)) = self.newest.as_ref().filter(|(_, until)| holds(until)) {
            return Ok(Arc::clone(newest));
        }
        let began = Instant::now();
        let queries = [
            MISSING_KEYS,
            SEQUENCES,
            DOUBTFUL_CONSTRAINTS,
            VIEWS_WITHOUT_KEY,
            PARTITIONS,
            PARTITION_KEYS,
        ];
        let mut sets = crate::area::read(observer, facts, &queries).await?.into_iter();
        let mut next = || -> Known<Rows> { sets.next().unwrap_or(Err(Reason::NotYet)) };
        let missing_keys = next().and_then(|rows| rows.all());
        let sequences: Known<Vec<Sequence>> = next().and_then(|rows| rows.all());
        let schema = Arc::new(Schema {
            at_ms: now_ms,
            missing_keys,
            sequences: sequences.map(|all| self.paced(all, now_ms)),
            constraints: next().and_then(|rows| rows.all()),
            views_without_key: next().and_then(|rows| rows.all()),
            partitions: next().and_then(|rows| rows.all()),
            partition_keys: next().and_then(|rows| rows.all()),
        });
        let took_ms = i64::try_from(began.elapsed().as_millis()).unwrap_or(LONGEST_MS);
        let until = now_ms.saturating_add(took_ms.saturating_mul(TIMES).min(LONGEST_MS));
        self.newest = Some((Arc::clone(&schema), until));
        Ok(schema)
    }

    /// Notes how fast they advance. One that went back was set, or made anew.
    fn paced(&mut self, mut sequences: Vec<Sequence>, now_ms: i64) -> Vec<Sequence> {
        let mut first = HashMap::with_capacity(sequences.len());
        for sequence in &mut sequences {
            let Some(value) = sequence.last_value else { continue };
            let name = (sequence.seq_nspname.clone(), sequence.seq_relname.clone());
            let seen = self.first.get(&name).filter(|(_, then)| *then <= value).copied();
            let (since_ms, then) = seen.unwrap_or((now_ms, value));
            (sequence.watched_ms, sequence.advanced) =
                (now_ms.saturating_sub(since_ms), value.saturating_sub(then));
            first.insert(name, (since_ms, then));
        }
        self.first = first;
        sequences
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pace_of_a_sequence_is_that_of_the_time_it_was_watched() {
        let at = |value: i64| {
            let last_value = Some(value);
            vec![Sequence { seq_relname: "s".into(), last_value, ..Sequence::default() }]
        };
        let mut reader = SchemaReader::default();
        let hour = 3_600_000;
        let left = |all: Vec<Sequence>| all.first().and_then(|one| one.seconds_left(1_000));
        assert_eq!(left(reader.paced(at(100), 0)), None, "watched for no time");
        assert_eq!(left(reader.paced(at(150), hour / 2)), None, "for too short a time");
        assert_eq!(left(reader.paced(at(200), hour)), Some(36_000.0));
        assert_eq!(left(reader.paced(at(5), 2 * hour)), None, "it was set back");
        assert_eq!(left(reader.paced(at(5), 4 * hour)), None, "nothing asks for values");
    }
}
