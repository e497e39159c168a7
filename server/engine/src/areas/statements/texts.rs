//! Texts of statements: first from sessions that run them, then by a read of the extension's texts, which
//! costs the server the whole file of them and therefore comes rarely and not where the file is large.
//! Without values and without passwords before anything is kept.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use model::Known;
use model::shorten::shortened;
use model::statements::{StatementText, Tick};

use super::reading::Source;
use super::{ENTRY_TEXTS, RUNNING_TEXTS};
use crate::connection::{Observer, Rows};
use crate::error::Error;
use crate::parsing::on_large_stack;
use crate::redact;
use crate::sql::Fill;

/// Texts that are asked for at once.
const ASKED: usize = 200;
/// Texts that are kept.
const KEPT: usize = 5_000;
/// The longest text that is kept, characters.
const TEXT_CHARS: usize = 8_000;
/// The wait after the first read of the extension's texts, doubled with each, ms.
const FIRST_WAIT_MS: i64 = 20_000;
/// The longest such wait: what pganalyze's collector waits.
const LONGEST_WAIT_MS: i64 = 600_000;
/// The largest file of texts that is read, bytes: its whole length is allocated in the backend.
const LARGEST_FILE: f64 = 67_108_864.0;
/// What a text is long before any was read, bytes: the default of track_activity_query_size.
const TEXT_BYTES: f64 = 1_024.0;
/// A text that moves is given to the history again after this time, so that it is kept as long as its
/// figures, ms.
const RECORD_EVERY_MS: i64 = 6 * 3_600_000;
/// Texts that one tick gives to the history.
const RECORDED: usize = 500;

#[derive(sqlx::FromRow)]
struct TextRow {
    queryid: i64,
    #[sqlx(try_from = "model::text::MaybeText")]
    query: Option<String>,
    octets: Option<i64>,
}

/// Texts that are known, and when more may be read.
#[derive(Default)]
pub struct Texts {
    known: HashMap<i64, StatementText>,
    /// Asked for and not to be had.
    absent: HashSet<i64>,
    /// When each was given to the history.
    recorded_ms: HashMap<i64, i64>,
    next_ms: i64,
    wait_ms: i64,
    mean_bytes: Option<f64>,
}

impl Texts {
    /// Those of these statements.
    pub fn of(&self, queryids: impl Iterator<Item = i64>) -> Vec<StatementText> {
        let wanted: HashSet<i64> = queryids.collect();
        let mut texts: Vec<_> =
            wanted.iter().filter_map(|id| self.known.get(id)).cloned().collect();
        texts.sort_by_key(|text| text.queryid);
        texts
    }

    /// The statement with this very text.
    pub fn with_text(&self, text: &str) -> Option<&StatementText> {
        self.known.values().find(|known| known.text.trim() == text.trim())
    }

    /// The fingerprints of those that are known.
    pub fn fingerprints(&self) -> HashMap<i64, String> {
        let print = |text: &StatementText| Some((text.queryid, text.fingerprint.clone()?));
        self.known.values().filter_map(print).collect()
    }

    /// Those of what moved that the history was not given lately, the costliest first.
    pub fn unrecorded(&mut self, tick: &Tick, now_ms: i64) -> Vec<StatementText> {
        let mut found = Vec::new();
        for moved in &tick.moved {
            let (queryid, recorded) = (moved.key.queryid, &mut self.recorded_ms);
            let is_due =
                recorded.get(&queryid).is_none_or(|at_ms| now_ms - at_ms >= RECORD_EVERY_MS);
            if let Some(text) = self.known.get(&queryid).filter(|_| is_due) {
                recorded.insert(queryid, now_ms);
                found.push(text.clone());
            }
            if found.len() >= RECORDED {
                break;
            }
        }
        found
    }

    /// Looks for the texts of what moved, the costliest first.
    pub async fn complete(
        &mut self,
        observer: &mut Observer,
        source: &Source,
        tick: &Tick,
        (entries, now_ms): (usize, i64),
    ) -> Result<(), Error> {
        let missing = self.missing(tick);
        if missing.is_empty() {
            return Ok(());
        }
        let fill = Fill { schema: &source.schema, numbers: &missing, ..Fill::default() };
        let files: Vec<_> =
            RUNNING_TEXTS.pick(crate::capability::OLDEST_MAJOR).into_iter().collect();
        let running = observer.read_with(&files, fill).await.map_err(Error::Lost)?;
        self.add(rows(running), false);
        let missing = self.missing(tick);
        if missing.is_empty() || now_ms < self.next_ms || self.file_bytes(entries) > LARGEST_FILE {
            return Ok(());
        }
        self.wait_ms = (self.wait_ms * 2).clamp(FIRST_WAIT_MS, LONGEST_WAIT_MS);
        self.next_ms = now_ms.saturating_add(self.wait_ms);
        let fill = Fill { schema: &source.schema, numbers: &missing, ..Fill::default() };
        let files: Vec<_> = ENTRY_TEXTS.pick(source.version).into_iter().collect();
        let stored = observer.read_with(&files, fill).await.map_err(Error::Lost)?;
        self.add(rows(stored), true);
        self.absent.extend(missing.into_iter().filter(|id| !self.known.contains_key(id)));
        self.forget(tick);
        Ok(())
    }

    fn missing(&self, tick: &Tick) -> Vec<i64> {
        let ids = tick.moved.iter().map(|moved| moved.key.queryid);
        let mut seen = HashSet::new();
        ids.filter(|id| !self.known.contains_key(id) && !self.absent.contains(id))
            .filter(|id| seen.insert(*id))
            .take(ASKED)
            .collect()
    }

    /// About how large the file of texts is.
    fn file_bytes(&self, entries: usize) -> f64 {
        entries as f64 * self.mean_bytes.unwrap_or(TEXT_BYTES)
    }

    fn add(&mut self, rows: Vec<TextRow>, stored: bool) {
        if stored && !rows.is_empty() {
            let bytes: i64 = rows.iter().filter_map(|row| row.octets).sum();
            self.mean_bytes = Some(bytes as f64 / rows.len() as f64);
        }
        let texts: Vec<(i64, String)> =
            rows.into_iter().filter_map(|row| Some((row.queryid, row.query?))).collect();
        for text in described(&texts, stored) {
            self.known.entry(text.queryid).or_insert(text);
        }
    }

    fn forget(&mut self, tick: &Tick) {
        if self.known.len() + self.absent.len() <= KEPT {
            return;
        }
        let moved: HashSet<i64> = tick.moved.iter().map(|moved| moved.key.queryid).collect();
        self.known.retain(|id, _| moved.contains(id));
        self.recorded_ms.retain(|id, _| moved.contains(id));
        self.absent.clear();
    }
}

/// Texts that cannot be read are texts that are not known.
fn rows(answers: Vec<Known<Rows>>) -> Vec<TextRow> {
    let decoded = answers.into_iter().map(|rows| rows.and_then(|rows| rows.all()));
    decoded.flatten().flatten().collect()
}

/// What is kept of each text; `stored` are those of the extension, mostly without values already.
pub fn described(texts: &[(i64, String)], stored: bool) -> Vec<StatementText> {
    if texts.is_empty() {
        return Vec::new();
    }
    let describe =
        || texts.iter().filter_map(|(id, text)| describe(*id, text, stored)).collect::<Vec<_>>();
    on_large_stack(describe).unwrap_or_default()
}

/// The tables that each text names, sorted; none where our parser does not know it.
pub fn tables<K: Copy + Send + Sync>(texts: &[(K, String)]) -> Vec<(K, Arc<[String]>)> {
    let of = |text: &str| -> Arc<[String]> {
        let parsed = pg_query::parse(text, 0);
        let mut tables = parsed.map(|parsed| parsed.tables()).unwrap_or_default();
        tables.sort();
        tables.into()
    };
    if texts.is_empty() {
        return Vec::new();
    }
    on_large_stack(|| texts.iter().map(|(key, text)| (*key, of(text))).collect())
        .unwrap_or_default()
}

/// None for a text that may hold values: our parser does not know it, or it is several statements of which
/// one has this queryid.
pub fn describe(queryid: i64, text: &str, stored: bool) -> Option<StatementText> {
    let parsed = pg_query::parse(text, 0);
    let several = parsed.as_ref().is_ok_and(|parsed| parsed.protobuf.stmts.len() != 1);
    if several && !stored {
        return None;
    }
    let without_values = match pg_query::normalize(text) {
        Ok(normalised) => normalised,
        Err(_) if stored && !text.contains(['\'', '$']) => text.to_owned(),
        Err(_) => return None,
    };
    let mut tables = parsed.map(|parsed| parsed.tables()).unwrap_or_default();
    tables.sort();
    let fingerprint = pg_query::fingerprint(text, 0, 0).ok().map(|print| print.hex);
    let text = redact::statement(without_values.trim());
    Some(StatementText {
        queryid,
        text: shortened(&text, TEXT_CHARS).into_owned(),
        fingerprint,
        tables,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_and_no_password_is_kept() {
        for (text, stored) in [
            ("select * from orders where id = 4711", false),
            ("insert into orders values (4711, 'secret-4711')", false),
            ("create role a login password '4711'", true),
            ("alter role a valid until '4711-01-01'", true),
        ] {
            let kept = describe(1, text, stored).unwrap();
            assert!(!kept.text.contains("4711"), "{}", kept.text);
        }
        // What our parser does not know, and two statements of which one is meant.
        assert_eq!(describe(1, "frobnicate '4711'", true), None);
        assert_eq!(describe(1, "select 4711; select 4712", false), None);
    }

    #[test]
    fn a_fingerprint_does_not_depend_on_how_values_are_written() {
        let of = |text| describe(1, text, true).unwrap();
        let one = of("SELECT * FROM shop.orders o JOIN items i USING (id) WHERE o.id IN (1, 2)");
        let other =
            of("select * from shop.orders o join items i using (id) where o.id in ($1 /*, ... */)");
        assert_eq!(one.fingerprint, other.fingerprint);
        assert_eq!(one.tables, ["items", "shop.orders"]);
    }
}
