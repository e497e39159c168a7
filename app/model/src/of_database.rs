//! What is read database by database, because a session sees the relations of one only.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::reason::Known;

/// What was read in one database.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OfDatabase<T> {
    /// The database.
    pub datname: String,
    /// When it was last read or could not be read, ms since the epoch; databases take turns.
    pub at_ms: i64,
    /// How long that took, ms.
    pub took_ms: f64,
    /// What was read, or why it is not known.
    pub value: Known<Arc<T>>,
}

impl<T> OfDatabase<T> {
    /// What was read, where that is known.
    pub fn known(&self) -> Option<&T> {
        self.value.as_deref().ok()
    }
}
