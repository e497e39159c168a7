//! A page of tables: what is asked, and the rows, totals and tiles that answer it.

use serde::{Deserialize, Serialize};

use super::bloat::Reclaimable;
use super::counters::{Counters, is_default};
use super::relation::{Kind, Persistence};
use crate::reason::Known;

/// Rows of a page.
pub const PAGE_ROWS: usize = 50;
/// The tables of which a rewrite would give back most are shown by themselves: so many.
pub const MOST_RECLAIMABLE: usize = 20;
/// Less than that is not worth a bar, bytes.
pub const RECLAIMABLE_FROM_BYTES: i64 = 1 << 20;

/// What is asked of the tables. All of it stands in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Question {
    /// The name of a database; empty is all.
    pub database: String,
    /// What `schema.name` contains.
    pub q: String,
    /// One of `Shown`; empty is `Shown::Tables`.
    pub kind: String,
    /// The rule whose findings are asked for: `tables/never_analyzed`.
    pub problem: String,
    /// A column of `Order`, with `-` in front for descending.
    pub sort: String,
    /// What the areas of the map stand for: one of `Order`; empty is the size.
    pub map: String,
    /// The page, from 0.
    pub page: usize,
}

/// Which relations are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Tables of people; a partitioned table stands for its partitions.
    Tables,
    /// Partitioned tables alone.
    Partitioned,
    /// Each partition by itself.
    Partitions,
    /// Tables that are not written to WAL.
    Unlogged,
    /// Materialized views.
    MaterializedViews,
    /// Tables of the system.
    System,
}

impl Shown {
    /// All, with the word in the address and what people read.
    pub const ALL: [(Self, &'static str, &'static str); 6] = [
        (Self::Tables, "", "Tables, partitions together"),
        (Self::Partitioned, "partitioned", "Partitioned tables"),
        (Self::Partitions, "partitions", "Single partitions"),
        (Self::Unlogged, "unlogged", "Unlogged tables"),
        (Self::MaterializedViews, "materialized", "Materialized views"),
        (Self::System, "system", "System tables"),
    ];

    /// The one of that word; None of another.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known, _)| *known == word).map(|(shown, ..)| shown)
    }
}

/// A column by which tables are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Heap, TOAST and indexes.
    Size,
    /// The heap.
    Heap,
    /// The TOAST table.
    Toast,
    /// All indexes.
    Indexes,
    /// Bytes that a rewrite would give back at least.
    Reclaimable,
    /// Bytes added in a day.
    Growth,
    /// Live rows.
    Rows,
    /// Dead rows of all.
    Dead,
    /// Rows read by sequential scans.
    SeqRows,
    /// HOT updates of all updates.
    Hot,
    /// Blocks found in shared buffers.
    Hits,
    /// The last VACUUM.
    Vacuumed,
    /// The last ANALYZE.
    Analyzed,
    /// The age of the oldest transaction ID.
    XidAge,
}

impl Order {
    /// All, with the word in the address.
    pub const ALL: [(Self, &'static str); 14] = [
        (Self::Size, "size"),
        (Self::Heap, "heap"),
        (Self::Toast, "toast"),
        (Self::Indexes, "indexes"),
        (Self::Reclaimable, "reclaimable"),
        (Self::Growth, "growth"),
        (Self::Rows, "rows"),
        (Self::Dead, "dead"),
        (Self::SeqRows, "seq_rows"),
        (Self::Hot, "hot"),
        (Self::Hits, "hits"),
        (Self::Vacuumed, "vacuumed"),
        (Self::Analyzed, "analyzed"),
        (Self::XidAge, "xid_age"),
    ];

    /// The column of that word; None of another.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| *known == word).map(|(order, _)| order)
    }
}

/// Sizes and counters of a table; of a partitioned one with those of its partitions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sums {
    /// Bytes of the heap.
    #[serde(default, skip_serializing_if = "is_default")]
    pub heap_bytes: i64,
    /// Bytes of the TOAST table with its index.
    #[serde(default, skip_serializing_if = "is_default")]
    pub toast_bytes: i64,
    /// Bytes of all indexes.
    #[serde(default, skip_serializing_if = "is_default")]
    pub index_bytes: i64,
    /// Live rows as the planner knows them; None if none was ever counted.
    #[serde(default, skip_serializing_if = "is_default")]
    pub reltuples: Option<f64>,
    /// How many of them hold rows and were never counted.
    #[serde(default, skip_serializing_if = "is_default")]
    pub never_counted: usize,
    /// How many of the sizes are of the last VACUUM or ANALYZE and not of now.
    #[serde(default, skip_serializing_if = "is_default")]
    pub old_sizes: usize,
    /// What was read and written.
    #[serde(default, skip_serializing_if = "is_default")]
    pub counters: Counters,
    /// The last VACUUM, of partitions the one vacuumed longest ago; None if one never was.
    #[serde(default, skip_serializing_if = "is_default")]
    pub vacuumed_ms: Option<i64>,
    /// The last ANALYZE, likewise.
    #[serde(default, skip_serializing_if = "is_default")]
    pub analyzed_ms: Option<i64>,
    /// The oldest age of a transaction ID.
    #[serde(default, skip_serializing_if = "is_default")]
    pub xid_age: Option<i64>,
    /// What a rewrite of heaps, TOAST tables and indexes would give back; None where nothing of it is estimated.
    #[serde(default, skip_serializing_if = "is_default")]
    pub reclaimable: Option<Reclaimable>,
    /// Bytes added in a day by the history; None where that is not known.
    #[serde(default, skip_serializing_if = "is_default")]
    pub growth_bytes: Option<f64>,
}

impl Sums {
    /// Heap, TOAST and indexes.
    pub fn total_bytes(&self) -> i64 {
        self.heap_bytes.saturating_add(self.toast_bytes).saturating_add(self.index_bytes)
    }

    /// Share of dead rows in all rows, percent; None where there are no rows.
    pub fn dead_percent(&self) -> Option<f64> {
        percent(self.counters.n_dead_tup, self.counters.n_live_tup)
    }

    /// Share of HOT updates in all updates, percent; None where nothing was updated.
    pub fn hot_percent(&self) -> Option<f64> {
        let hot = self.counters.n_tup_hot_upd;
        percent(hot, self.counters.n_tup_upd.saturating_sub(hot))
    }

    /// Share of blocks of heap and indexes that were found in shared buffers, percent.
    pub fn hit_percent(&self) -> Option<f64> {
        let of = &self.counters;
        let hits = of.heap_blks_hit.saturating_add(of.idx_blks_hit);
        percent(hits, of.heap_blks_read.saturating_add(of.idx_blks_read))
    }

    /// The value that tables are ordered by.
    pub fn value(&self, order: Order) -> Option<f64> {
        let number = |n: i64| Some(n as f64);
        let maybe = |n: Option<i64>| n.map(|n| n as f64);
        match order {
            Order::Size => number(self.total_bytes()),
            Order::Heap => number(self.heap_bytes),
            Order::Toast => number(self.toast_bytes),
            Order::Indexes => number(self.index_bytes),
            Order::Reclaimable => self.reclaimable.map(|sum| sum.low as f64),
            Order::Growth => self.growth_bytes,
            Order::Rows => self.reltuples,
            Order::Dead => self.dead_percent(),
            Order::SeqRows => number(self.counters.seq_tup_read),
            Order::Hot => self.hot_percent(),
            Order::Hits => self.hit_percent(),
            Order::Vacuumed => maybe(self.vacuumed_ms),
            Order::Analyzed => maybe(self.analyzed_ms),
            Order::XidAge => maybe(self.xid_age),
        }
    }
}

/// `part` of `part` and `rest`.
fn percent(part: i64, rest: i64) -> Option<f64> {
    let (part, rest) = (part.max(0) as f64, rest.max(0) as f64);
    (part + rest > 0.0).then(|| 100.0 * part / (part + rest))
}

/// A table in the list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Its database.
    pub datname: String,
    /// Its schema.
    pub nspname: String,
    /// Its name.
    pub relname: String,
    /// What it is.
    #[serde(default, skip_serializing_if = "is_default")]
    pub kind: Kind,
    /// How it survives.
    #[serde(default, skip_serializing_if = "is_default")]
    pub persistence: Persistence,
    /// Whether it is a partition.
    #[serde(default, skip_serializing_if = "is_default")]
    pub relispartition: bool,
    /// How many partitions are counted with it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub partitions: usize,
    /// Whether autovacuum is off for it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub autovacuum_off: bool,
    /// Its sizes and counters.
    pub sums: Sums,
}

/// A table on the map.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tile {
    /// Its database.
    pub datname: String,
    /// Its schema.
    pub nspname: String,
    /// Its name; empty stands for all others of its database.
    pub relname: String,
    /// How many tables it stands for.
    pub tables: usize,
    /// What its area stands for.
    pub area: f64,
    /// Heap, TOAST and indexes, bytes.
    pub bytes: i64,
    /// Share of dead rows, percent; None where no rows are known.
    pub dead_percent: Option<f64>,
}

/// A database, as far as its tables go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DatabaseState {
    /// Its name.
    pub datname: String,
    /// When it was last read, ms since the epoch.
    pub at_ms: i64,
    /// How long that took, ms.
    pub took_ms: f64,
    /// How many tables it has, and their bytes, those of the system included; or why that is not known.
    pub tables: Known<(usize, i64)>,
    /// When its statistics were last reset, ms since the epoch.
    pub stats_reset_ms: Option<i64>,
}

/// What answers a question.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Listing {
    /// The rows of the page.
    pub rows: Vec<Row>,
    /// The page that they are of.
    pub page: usize,
    /// How many tables match.
    pub matching: usize,
    /// Their bytes.
    pub matching_bytes: i64,
    /// All databases.
    pub databases: Vec<DatabaseState>,
    /// Those of what matches of which a rewrite would give back most, worth a bar each.
    #[serde(default)]
    pub most_reclaimable: Vec<Row>,
    /// What rewriting all that match would give back.
    #[serde(default)]
    pub reclaimable: Reclaimable,
    /// The largest of what matches, and for each database the others together.
    pub tiles: Vec<Tile>,
    /// What of the address was not understood, in sentences.
    pub notes: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_never_done_has_no_share() {
        let mut sums = Sums::default();
        assert_eq!(
            (sums.dead_percent(), sums.hot_percent(), sums.hit_percent()),
            (None, None, None)
        );
        sums.counters = Counters {
            n_live_tup: 3,
            n_dead_tup: 1,
            n_tup_upd: 4,
            n_tup_hot_upd: 4,
            heap_blks_hit: 1,
            idx_blks_read: 1,
            ..Counters::default()
        };
        let shares = (sums.dead_percent(), sums.hot_percent(), sums.hit_percent());
        assert_eq!(shares, (Some(25.0), Some(100.0), Some(50.0)));
    }

    #[test]
    fn each_word_of_an_address_has_one_meaning() {
        for (order, word) in Order::ALL {
            assert_eq!(Order::named(word), Some(order));
        }
        for (shown, word, _) in Shown::ALL {
            assert_eq!(Shown::named(word), Some(shown));
        }
        assert_eq!((Order::named("x"), Shown::named("x")), (None, None));
    }
}
