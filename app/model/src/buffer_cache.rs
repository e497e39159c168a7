//! What shared buffers hold, read on request: by relation, and what to load into those that are free.

use serde::{Deserialize, Serialize};

use crate::reason::Known;

/// How much of it is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Detail {
    /// Sums only: cheap.
    #[default]
    Summary,
    /// Relation by relation.
    Relations,
}

impl Detail {
    /// All.
    pub const ALL: [Self; 2] = [Self::Summary, Self::Relations];

    /// Its name in forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Summary => "summary",
            Self::Relations => "relations",
        }
    }
}

crate::named::named!(Detail);

/// Buffers with one usage count, from 0, the next to be replaced, to 5.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
pub struct UsageCount {
    /// The usage count.
    pub usage_count: i32,
    /// Buffers with it.
    pub buffers: i64,
    /// Of those dirty.
    pub dirty: i64,
    /// Of those in use at that moment.
    pub pinned: i64,
}

/// Sums over all buffers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CacheSummary {
    /// Buffers that hold a block.
    pub used: i64,
    /// Buffers that hold none.
    pub unused: i64,
    /// Those that are dirty.
    pub dirty: i64,
    /// Those in use at that moment.
    pub pinned: i64,
    /// By usage count.
    pub usage: Vec<UsageCount>,
}

/// One relation in shared buffers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CachedRelation {
    /// Its object ID.
    pub oid: i64,
    /// Its schema.
    pub nspname: String,
    /// Its name.
    pub relname: String,
    /// `pg_class.relkind`.
    pub relkind: String,
    /// The table whose TOAST table it is; empty where it is none.
    pub toast_of: String,
    /// Bytes in shared buffers, all forks.
    pub bytes: i64,
    /// Of those of the main fork.
    pub main_bytes: i64,
    /// Of those dirty.
    pub dirty_bytes: i64,
    /// Size of the main fork, bytes; None while somebody holds it exclusively.
    pub size_bytes: Option<i64>,
    /// Mean usage count, 0 to 5.
    pub usage_count: f64,
}

impl CachedRelation {
    /// Share of its main fork in shared buffers, percent; None where the size is not known or zero.
    pub fn percent(&self) -> Option<f64> {
        let size = self.size_bytes.filter(|size| *size > 0)?;
        Some((100.0 * self.main_bytes as f64 / size as f64).min(100.0))
    }
}

/// Buffers that are no relation's of the table above.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CachedGroup {
    /// What they hold, in words.
    pub name: String,
    /// Bytes.
    pub bytes: i64,
    /// Of those dirty.
    pub dirty_bytes: i64,
}

/// Shared buffers by relation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CachedRelations {
    /// Those of this database with the most, and shared catalogs.
    pub relations: Vec<CachedRelation>,
    /// All else.
    pub groups: Vec<CachedGroup>,
    /// Bytes in buffers that hold nothing.
    pub free_bytes: i64,
}

/// A relation that was read from outside shared buffers, fits into what is free there, and can be loaded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Prewarm {
    /// Schema and name.
    pub relation: String,
    /// Blocks of it read from outside shared buffers since the statistics were reset.
    pub blocks_read: i64,
    /// What loading it adds to shared buffers, bytes.
    pub bytes: i64,
    /// The statement that loads it.
    pub sql: String,
}

/// What loads relations again after a restart.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Prewarming {
    /// The statement that installs pg_prewarm, where it is not there; or why it cannot be used.
    pub installed: Option<crate::Reason>,
    /// What to load now: no more than fits into free buffers.
    pub relations: Vec<Prewarm>,
    /// The statement that has the server save and load by itself what was cached; None where it does, or where
    /// the setting is hidden from our role.
    pub autoprewarm_sql: Option<String>,
    /// Whether the server does so already; None where the setting is hidden.
    pub is_automatic: Option<bool>,
}

/// What was read on request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BufferCache {
    /// The database from which it was read: relations of others have no name here.
    pub database: String,
    /// When, ms since the epoch.
    pub at_ms: i64,
    /// How long it took, ms.
    pub took_ms: f64,
    /// `shared_buffers`, bytes.
    pub shared_buffers_bytes: i64,
    /// `block_size`.
    pub block_bytes: i64,
    /// Sums; why not, where the server cannot tell them.
    pub summary: Known<CacheSummary>,
    /// By relation, where that was asked for.
    pub relations: Option<CachedRelations>,
    /// What to load, where relations were asked for.
    pub prewarming: Option<Prewarming>,
}
