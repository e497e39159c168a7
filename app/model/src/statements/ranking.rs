//! The ranking of a window: a page of rows, what the whole did, and how much of the truth it is.

use serde::{Deserialize, Serialize};

use super::figure::Figure;
use super::sums::Sums;
use super::tick::Bound;
use crate::reason::Known;

/// What became of a statement between the window that is compared with and this one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It ran in both, or nothing is compared.
    #[default]
    Both,
    /// It ran in this one only.
    New,
    /// It ran in the other only.
    Gone,
}

/// A row: a statement of a database and a role, or a group of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rank {
    /// What tells it from others of the ranking.
    pub id: String,
    /// The database; empty for a group.
    pub database: String,
    /// The role; empty for a group.
    pub role: String,
    /// The identity of the statement; None for a group.
    pub queryid: Option<i64>,
    /// Whether clients sent it.
    pub toplevel: bool,
    /// What the group has in common: a table, a tag, a fingerprint.
    pub label: String,
    /// Statements in the group.
    pub members: usize,
    /// Its text, where it is known and may be seen.
    pub text: Option<String>,
    /// What it did.
    pub sums: Sums,
    /// Its longest execution, ms; None where it is not known which execution of the window that was.
    pub max_ms: Option<f64>,
    /// Whether it may have done more.
    pub bound: Bound,
    /// What it did in the other window, as if that had been read as long as this one.
    pub before: Option<Sums>,
    /// Whether it is new or gone.
    pub change: Change,
    /// Its execution time per bucket, oldest first; None where nothing was read.
    pub spark: Vec<Option<f64>>,
}

/// A span of the window of which not everything is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// Its begin, ms since the epoch.
    pub from_ms: i64,
    /// Its end.
    pub to_ms: i64,
    /// Why, the rest of a sentence.
    pub cause: String,
}

/// What a window holds and what it lacks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WindowFacts {
    /// Its begin, ms since the epoch: earlier than asked where only roll-ups are kept.
    pub from_ms: i64,
    /// Its end.
    pub to_ms: i64,
    /// How much of it was read, ms.
    pub read_ms: i64,
    /// What all top-level statements did, as far as it was asked for.
    pub total: Sums,
    /// Time in top-level statements, planning included, while the server's own count was known, ms.
    pub seen_ms: f64,
    /// The server's own count of that time, ms.
    pub active_ms: Known<f64>,
    /// Entries that were removed because the table was full, about.
    pub evicted: f64,
    /// Calls of entries that may have done more.
    pub lower_bound_calls: f64,
    /// Spans that are missing or incomplete, oldest first.
    pub losses: Vec<Loss>,
    /// Parts of the history that cannot be read any more.
    pub corrupt: u64,
}

impl WindowFacts {
    /// The share of the server's work that the statements explain, percent.
    pub fn explained_percent(&self) -> Known<f64> {
        let integrity = super::Integrity {
            seen_ms: self.seen_ms,
            active_ms: self.active_ms.clone(),
            ..super::Integrity::default()
        };
        integrity.explained_percent()
    }
}

/// The window that is compared with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// What it holds and lacks.
    pub facts: WindowFacts,
    /// What its sums were multiplied by, as it was read for longer or shorter.
    pub scale: f64,
}

/// The name of a figure that is not counted, and why, in a sentence.
pub type Uncounted = (String, String);

/// Why a figure of these sums is unknown; None where it is known.
pub fn why_unknown<'a>(
    figure: &Figure,
    sums: &Sums,
    uncounted: &'a [Uncounted],
) -> Option<&'a str> {
    let (_, why) = uncounted.iter().find(|(id, _)| id == figure.id)?;
    // What was counted at another time of the window is known.
    let is_zero = (figure.value)(sums).is_none_or(|value| value == 0.0);
    is_zero.then_some(why.as_str())
}

/// A page of the ranking.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ranking {
    /// The window.
    pub facts: WindowFacts,
    /// Whether the window is the last minutes.
    pub is_live: bool,
    /// The window that is compared with; an error says why nothing is.
    pub compared: Option<Known<Compared>>,
    /// The rows of the page.
    pub rows: Vec<Rank>,
    /// Rows on all pages.
    pub matching: usize,
    /// Statements in the window, whatever the filters.
    pub statements: usize,
    /// The page, from 0.
    pub page: usize,
    /// Databases of the window.
    pub databases: Vec<String>,
    /// Roles of the window.
    pub roles: Vec<String>,
    /// Keys of tags that were seen.
    pub tags: Vec<String>,
    /// Figures that are unknown where they are zero.
    pub uncounted: Vec<Uncounted>,
    /// What was not understood or not done, in sentences.
    pub notes: Vec<String>,
}

/// A share of the sampled sessions of a statement.
pub type SampledShare = (String, f64);

/// One statement over a window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detail {
    /// Its identity.
    pub queryid: i64,
    /// The window.
    pub facts: WindowFacts,
    /// What it did, in all databases and for all roles of the address.
    pub rank: Rank,
    /// The same for each database and role.
    pub entries: Vec<Rank>,
    /// Its text, where it is known and may be seen.
    pub text: Option<String>,
    /// pgdeck's fingerprint.
    pub fingerprint: Option<String>,
    /// Tables that it names.
    pub tables: Vec<String>,
    /// Seconds of sampled sessions by wait class and event.
    pub waits: Vec<SampledShare>,
    /// Seconds of sampled sessions by application, role, database and client: what, and the shares.
    pub who: Vec<(String, Vec<SampledShare>)>,
    /// Seconds of sampled sessions by tag.
    pub tags: Vec<SampledShare>,
    /// Figures that are unknown where they are zero.
    pub uncounted: Vec<Uncounted>,
    /// What was not understood, in sentences.
    pub notes: Vec<String>,
}
