//! Measuring the bloat of one table or index on request: what can be asked, what it reads, what it found.

use serde::{Deserialize, Serialize};

use crate::finding::Unit;
use crate::reason::{Known, Reason};

/// How bloat is measured, in the order in which it is offered: the cheapest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Free space of sampled blocks, from the free space map.
    FreeSpaceMap,
    /// `pgstattuple_approx`: reads the pages that are not all-visible.
    Approximate,
    /// `pgstattuple`: reads the whole table.
    Tuples,
    /// `heap_page_items` on sampled pages.
    SampledPages,
    /// `pgstatindex`: reads the whole B-tree.
    Btree,
    /// `bt_page_stats` on sampled pages.
    SampledLeaves,
    /// `pgstatginindex`: the pending list of a GIN index.
    Gin,
    /// `pgstathashindex`: reads the whole hash index.
    Hash,
}

impl Method {
    /// All methods, in the order in which they are offered.
    pub const ALL: [Self; 8] = [
        Self::FreeSpaceMap,
        Self::Approximate,
        Self::Tuples,
        Self::SampledPages,
        Self::Btree,
        Self::SampledLeaves,
        Self::Gin,
        Self::Hash,
    ];

    /// Its name in addresses and the history.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FreeSpaceMap => "free_space_map",
            Self::Approximate => "approximate",
            Self::Tuples => "tuples",
            Self::SampledPages => "sampled_pages",
            Self::Btree => "btree",
            Self::SampledLeaves => "sampled_leaves",
            Self::Gin => "gin",
            Self::Hash => "hash",
        }
    }

    /// The function of PostgreSQL that it calls.
    pub fn function(self) -> &'static str {
        match self {
            Self::FreeSpaceMap => "pg_freespace",
            Self::Approximate => "pgstattuple_approx",
            Self::Tuples => "pgstattuple",
            Self::SampledPages => "heap_page_items",
            Self::Btree => "pgstatindex",
            Self::SampledLeaves => "bt_page_stats",
            Self::Gin => "pgstatginindex",
            Self::Hash => "pgstathashindex",
        }
    }

    /// Whether it is done in parts, so that its progress is known and it can stop between two of them.
    pub fn is_in_parts(self) -> bool {
        matches!(self, Self::FreeSpaceMap | Self::SampledPages | Self::SampledLeaves)
    }

    /// How far it may be from what a rewrite gives back, percentage points of the size: the worst of tables of
    /// many shapes, of samples two standard deviations (`docs/limits.md#measured-bloat`). None: it does not tell
    /// what a rewrite gives back.
    pub fn error_points(self) -> Option<f64> {
        match self {
            Self::Btree => Some(1.0),
            Self::Approximate | Self::Tuples => Some(5.0),
            Self::FreeSpaceMap | Self::SampledPages | Self::SampledLeaves => Some(7.0),
            Self::Gin | Self::Hash => None,
        }
    }

    /// What it cannot see, one sentence.
    pub fn blind_to(self) -> &'static str {
        match self {
            Self::FreeSpaceMap => {
                "The free space map is as old as the last VACUUM, the share of dead rows is that of the statistics; dropped columns are not seen, and of TOAST tables too much is called reclaimable."
            }
            Self::Approximate => {
                "Pages that are all-visible are taken from the free space map; dropped columns are not seen."
            }
            Self::Tuples => {
                "Dropped columns are not seen: a rewrite gives back their values as well."
            }
            Self::SampledPages => {
                "Rows whose deletion no reader has marked yet count as live, and dropped columns are not seen; a table that is dense in one place and empty in another needs more pages."
            }
            Self::Btree => {
                "Entries of dead rows count as live: where many have died since the last VACUUM, more is reclaimable."
            }
            Self::SampledLeaves => {
                "Entries of dead rows that are not marked dead count as live, and inner pages are taken as kept."
            }
            Self::Gin => {
                "Only the pending list is counted; how full the pages of the index are is not known."
            }
            Self::Hash => {
                "Overflow pages are needed by keys that are frequent, however full they are."
            }
        }
    }
}

crate::named::named!(Method);

/// The table or index that is asked about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Target {
    /// Its database.
    pub database: String,
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub relation: String,
}

/// What a measurement may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// The most it may read, bytes.
    pub bytes: u64,
    /// When the server gives up, ms.
    pub time_ms: u64,
}

impl Budget {
    /// The budget that the fields of a form name, MiB and seconds (at most 60, which the engine holds);
    /// `default` where they name none.
    pub fn from_fields(mib: &str, seconds: &str, default: Self) -> Self {
        let bytes = mib.trim().parse::<u64>().ok().map(|mib| mib.saturating_mul(1 << 20));
        let time_ms = seconds.trim().parse::<u64>().ok().map(|s| s.saturating_mul(1_000));
        Self { bytes: bytes.unwrap_or(default.bytes), time_ms: time_ms.unwrap_or(default.time_ms) }
    }
}

/// What a person asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Of what.
    pub target: Target,
    /// How.
    pub method: Method,
    /// At what cost.
    pub budget: Budget,
}

/// One method for one table or index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// How.
    pub method: Method,
    /// What it is going to read, bytes, or what is missing for it.
    pub reads: Known<u64>,
}

/// What can be measured of a table or index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offers {
    /// Of what.
    pub target: Target,
    /// Its size, bytes: of a table without its TOAST table and its indexes.
    pub bytes: u64,
    /// The methods, in the order in which they are offered.
    pub offers: Vec<Offer>,
}

/// How far a measurement is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// What was asked for.
    pub request: Request,
    /// Who asked.
    pub who: String,
    /// How long it has run, ms.
    pub elapsed_ms: u64,
    /// Blocks read and to read; None where the server tells nothing of it.
    pub blocks: Option<(u64, u64)>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// What was asked for.
    pub request: Request,
    /// When it ended, ms since the epoch.
    pub at_ms: i64,
    /// How long it took, ms.
    pub took_ms: f64,
    /// Size of the table or index then, bytes.
    pub bytes: u64,
    /// Blocks that were read of it or of its map, where it was a sample.
    pub sampled_blocks: Option<u64>,
    /// What VACUUM FULL or REINDEX would give back, bytes, beyond what the fillfactor keeps free.
    pub reclaimable_bytes: Known<u64>,
    /// Mean length of a live row, bytes; None where the method does not tell it.
    pub row_bytes: Option<f64>,
    /// Live rows, where the method tells them.
    pub live_rows: Option<f64>,
}

/// Why nothing was measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NotMeasured {
    /// The server, the role or an extension does not let us.
    Unknown(Reason),
    /// There is no relation of that name.
    NoRelation,
    /// The method is not for this kind of relation.
    Unfit,
    /// A session holds or awaits ACCESS EXCLUSIVE on it: what reads it would queue.
    Locked {
        /// Its process id; None where the lock was taken as we began to read.
        pid: Option<i32>,
    },
    /// It would read more than it may.
    OverBudget {
        /// What it would read, bytes.
        reads: u64,
        /// What it may read, bytes.
        budget: u64,
    },
    /// Something else runs on request on this server.
    Busy,
    /// A person ended it, or left the page.
    Aborted {
        /// Who.
        by: String,
    },
}

impl From<Reason> for NotMeasured {
    fn from(reason: Reason) -> Self {
        Self::Unknown(reason)
    }
}

impl NotMeasured {
    /// What happened, in words.
    pub fn message(&self) -> String {
        match self {
            Self::Unknown(reason) => reason.message(),
            Self::NoRelation => "There is no table or index of that name in this database.".into(),
            Self::Unfit => "This method is not for this kind of relation.".into(),
            Self::Locked { pid: Some(pid) } => format!(
                "Session {pid} holds or awaits ACCESS EXCLUSIVE on it. pgdeck does not queue behind it; measure again when it is over."
            ),
            Self::Locked { pid: None } => {
                "Another session has just locked it. pgdeck does not queue behind it; measure again later.".into()
            }
            Self::OverBudget { reads, budget } => format!(
                "It would read {}, and may read {}.",
                crate::quantity::number(*reads as f64, Unit::Bytes),
                crate::quantity::number(*budget as f64, Unit::Bytes)
            ),
            Self::Busy => {
                "Another measurement or EXPLAIN runs on this server; pgdeck runs one at a time.".into()
            }
            Self::Aborted { by } => format!("It was ended by {by}."),
        }
    }

    /// What to do, a sentence or SQL, where there is something.
    pub fn remedy(&self) -> Option<String> {
        match self {
            Self::Unknown(reason) => reason.remedy(),
            _ => None,
        }
    }
}
