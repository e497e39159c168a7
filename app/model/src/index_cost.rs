//! What creating an index costs once, and what writes pay for it from then on: ranges with what they are made from
//! (`docs/limits.md#index-suggestions`). Pure.

use serde::{Deserialize, Serialize};

use crate::suggestions::{Suggestion, Suggestions, WriteCost};

/// Bytes a second that one process reads and sorts at best, from memory: assumed, not measured.
const FASTEST_BYTES_PER_S: f64 = 256.0 * 1024.0 * 1024.0;
/// The same at worst, of a disk of 2,500 blocks a second: assumed, not measured.
const SLOWEST_BYTES_PER_S: f64 = 20.0 * 1024.0 * 1024.0;
/// WAL for each byte of the index at least: pages are written whole, without the hole that the fill factor of 90
/// percent leaves (manual, "CREATE INDEX", `fillfactor`).
const LEAST_WAL_PER_BYTE: f64 = 0.8;
/// And at most: the headers of records, and an index that is larger than estimated.
const MOST_WAL_PER_BYTE: f64 = 1.3;

/// WAL of an entry of a B-tree beside the entry itself, bytes: the header of the record (`XLogRecord`, 24), that of its
/// block (`XLogRecordBlockHeader`, 4, with `RelFileLocator`, 12, and the block's number, 4), and the place on the page
/// (`XLogRecordDataHeaderShort`, 2, `xl_btree_insert`, 2).
const ENTRY_WAL_BYTES: f64 = 48.0;
/// WAL of a row that widens its range in a BRIN index at most, bytes: a record as above with a summary of two values.
const MOST_BRIN_WAL_BYTES: f64 = 110.0;

/// A range in which a figure is expected.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Between {
    /// Its lower end.
    pub least: f64,
    /// Its upper end.
    pub most: f64,
}

impl Suggestion {
    /// Whether it is created while the table is written to.
    pub fn is_concurrent(&self) -> bool {
        self.sql.starts_with("create index concurrently ")
    }

    /// The bytes that building it reads: CONCURRENTLY reads the table twice (manual, "CREATE INDEX", "Building
    /// Indexes Concurrently").
    pub fn bytes_read(&self) -> Option<f64> {
        let scans = if self.is_concurrent() { 2.0 } else { 1.0 };
        self.table_bytes.map(|bytes| bytes * scans)
    }

    /// Whether it is a BRIN index, which has no entry of each row.
    pub fn is_brin(&self) -> bool {
        self.sql.contains(" using brin (")
    }

    /// The WAL that one more row in it writes, bytes, an inserted one or an updated one that is not HOT; without the
    /// images of whole pages that follow each checkpoint, and without page splits, which add a few percent. None
    /// where that depends on what is in the values. A partial index may not hold the row.
    pub fn wal_per_row(&self) -> Option<Between> {
        if self.is_brin() {
            return Some(Between { least: 0.0, most: MOST_BRIN_WAL_BYTES });
        }
        let most = ENTRY_WAL_BYTES + self.writes.as_ref().ok()?.entry_bytes?;
        let is_partial = self.sql.contains(" where ");
        Some(Between { least: if is_partial { 0.0 } else { most }, most })
    }

    /// How long building it takes, ms, without waiting for other transactions; None where a size is not known.
    pub fn build_ms(&self) -> Option<Between> {
        let bytes = self.bytes_read()? + self.size_bytes?;
        let ms = |bytes_per_s: f64| 1_000.0 * bytes / bytes_per_s;
        Some(Between { least: ms(FASTEST_BYTES_PER_S), most: ms(SLOWEST_BYTES_PER_S) })
    }

    /// The WAL that building it writes, bytes; None where its size is not known.
    pub fn wal_bytes(&self) -> Option<Between> {
        let size = self.size_bytes?;
        Some(Between { least: size * LEAST_WAL_PER_BYTE, most: size * MOST_WAL_PER_BYTE })
    }
}

/// What one more row of a table pays for all indexes that are suggested on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RowCost {
    /// The table, quoted.
    pub table: String,
    /// The indexes.
    pub indexes: usize,
    /// Their WAL, bytes ([`Suggestion::wal_per_row`]); None where that of one is not known.
    pub wal_bytes: Option<Between>,
}

impl Suggestions {
    /// What writes pay for all suggestions, table by table.
    pub fn row_costs(&self) -> Vec<RowCost> {
        let mut found: Vec<RowCost> = vec![];
        for one in &self.suggestions {
            let wal = one.wal_per_row();
            match found.iter_mut().find(|cost| cost.table == one.table) {
                Some(cost) => {
                    cost.indexes += 1;
                    let both = cost.wal_bytes.zip(wal);
                    cost.wal_bytes = both.map(|(one, two)| Between {
                        least: one.least + two.least,
                        most: one.most + two.most,
                    });
                }
                None => {
                    let table = one.table.clone();
                    found.push(RowCost { table, indexes: 1, wal_bytes: wal });
                }
            }
        }
        found
    }
}

impl WriteCost {
    /// Entries that the index would have got since the counters began: one of each inserted row and of each
    /// updated row that is not HOT. Where statements update its columns, some or all of those that were HOT as well.
    pub fn entries(&self) -> Between {
        let least = self.n_tup_ins + (self.n_tup_upd - self.n_tup_hot_upd).max(0.0);
        let hot = if self.updated_columns.is_empty() { 0.0 } else { self.n_tup_hot_upd };
        Between { least, most: least + hot }
    }

    /// The same for each second; None where it is not known since when was counted.
    pub fn entries_per_second(&self) -> Option<Between> {
        let seconds = self.counted_seconds.filter(|seconds| *seconds >= 1.0)?;
        let all = self.entries();
        Some(Between { least: all.least / seconds, most: all.most / seconds })
    }

    /// The share of updates that are HOT so far, percent; None without updates.
    pub fn hot_percent(&self) -> Option<f64> {
        (self.n_tup_upd > 0.0).then(|| 100.0 * self.n_tup_hot_upd / self.n_tup_upd)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reason;

    const MIB: f64 = 1024.0 * 1024.0;

    fn suggestion(sql: &str, size_bytes: Option<f64>) -> Suggestion {
        Suggestion {
            table: "t".into(),
            sql: sql.into(),
            undo: String::new(),
            lock: String::new(),
            serves: vec![],
            proved: Ok(()),
            size_bytes,
            table_bytes: Some(100.0 * MIB),
            writes: Err(Reason::NotYet),
            drops: vec![],
            wins_percent: None,
            note: None,
        }
    }

    #[test]
    fn building_reads_the_table_twice_unless_writes_wait() {
        let concurrent = suggestion("create index concurrently i on t (a);", Some(10.0 * MIB));
        assert_eq!(concurrent.bytes_read(), Some(200.0 * MIB));
        let build = concurrent.build_ms().unwrap();
        assert!(build.least < build.most && build.most == 10_500.0, "{build:?}");
        let plain = suggestion("create index i on t (a);", Some(10.0 * MIB));
        assert_eq!(plain.bytes_read(), Some(100.0 * MIB));
        let unknown = suggestion("create index i on t (a);", None);
        assert_eq!((unknown.build_ms(), unknown.wal_bytes()), (None, None));
    }

    #[test]
    fn an_update_costs_an_entry_unless_it_stays_hot() {
        let writes = |updated: &[&str]| WriteCost {
            n_tup_ins: 100.0,
            n_tup_upd: 50.0,
            n_tup_hot_upd: 40.0,
            counted_seconds: Some(10.0),
            updated_columns: updated.iter().map(|name| (*name).to_owned()).collect(),
            entry_bytes: Some(16.0),
        };
        assert_eq!(writes(&[]).entries(), Between { least: 110.0, most: 110.0 });
        let most = writes(&["a"]).entries_per_second();
        assert_eq!(most, Some(Between { least: 11.0, most: 15.0 }));
        assert_eq!(writes(&[]).hot_percent(), Some(80.0));
        let unknown = WriteCost { counted_seconds: None, ..writes(&[]) };
        assert_eq!(unknown.entries_per_second(), None);
    }

    #[test]
    fn a_row_pays_for_each_index_of_its_table() {
        let writes = WriteCost {
            n_tup_ins: 0.0,
            n_tup_upd: 0.0,
            n_tup_hot_upd: 0.0,
            counted_seconds: None,
            updated_columns: vec![],
            entry_bytes: Some(16.0),
        };
        let index = |sql: &str| Suggestion { writes: Ok(writes.clone()), ..suggestion(sql, None) };
        let costs = |all: &[&str]| {
            let found = Suggestions {
                at_ms: 0,
                database: String::new(),
                statements: vec![],
                suggestions: all.iter().map(|sql| index(sql)).collect(),
                not_suggested: vec![],
                saved_percent: None,
                is_smallest: true,
                hypopg: Err(Reason::NotYet),
                left_out: 0,
                took_ms: 0.0,
            };
            found.row_costs()
        };
        let [both] = costs(&["create index i on t (a);", "create index j on t (b) where c;"])
            .try_into()
            .unwrap();
        assert_eq!(both.wal_bytes, Some(Between { least: 64.0, most: 128.0 }));
        let [brin] = costs(&["create index i on t using brin (a);"]).try_into().unwrap();
        assert_eq!(brin.wal_bytes.map(|wal| wal.least), Some(0.0));
        let unknown = WriteCost { entry_bytes: None, ..writes.clone() };
        let gin = "create index i on t using gin (a);";
        let gin = Suggestion { writes: Ok(unknown), ..suggestion(gin, None) };
        assert_eq!(gin.wal_per_row(), None);
    }
}
