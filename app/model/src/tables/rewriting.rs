//! What rewriting a table online depends on: the server's version, extensions, and who keeps dead rows alive.

use serde::{Deserialize, Serialize};

use crate::reason::Known;
use crate::vacuum::XminHolder;

/// The first major with `REPACK (CONCURRENTLY)`.
pub const REPACK_SINCE: u16 = 19;

/// What a rewrite in a database depends on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rewriting {
    /// The server's major.
    pub major: u16,
    /// Whether the server is a standby, where nothing is rewritten.
    pub in_recovery: bool,
    /// Whether the extension pg_repack is installed in the database.
    pub has_pg_repack: bool,
    /// What keeps dead rows of the database's tables, farthest back first: a rewrite copies those rows.
    pub xmin_holders: Known<Vec<XminHolder>>,
}

impl Rewriting {
    /// The holder that is farthest back and has been there for so long; one that tells no age counts.
    pub fn holder(&self, min_ms: f64) -> Option<&XminHolder> {
        let holders = self.xmin_holders.as_deref().unwrap_or_default();
        holders.iter().find(|holder| holder.since_ms.is_none_or(|since_ms| since_ms >= min_ms))
    }
}
