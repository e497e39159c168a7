//! Area changes: what has become of a server between two looks at it.

use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::reason::{Known, Reason};

/// What one look found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Changes {
    /// What has happened since the look before; empty at the first one.
    pub events: Vec<Event>,
    /// The database whose DDL is seen: the one that pgdeck is connected to.
    pub database: String,
    /// Tables, views, indexes and routines that are compared, or why they are not.
    pub catalog: Known<i64>,
    /// Settings that are compared, or why they are not.
    pub settings: Known<i64>,
}

impl Changes {
    /// The parts that are not compared, with the reason.
    pub fn unseen(&self) -> Vec<(&'static str, &Reason)> {
        let parts = [("DDL", &self.catalog), ("Settings", &self.settings)];
        parts.into_iter().filter_map(|(what, known)| Some((what, known.as_ref().err()?))).collect()
    }

    /// What is not told, and why, a sentence each.
    pub fn notes(&self) -> Vec<String> {
        let unseen = self.unseen();
        let mut notes: Vec<String> = unseen
            .iter()
            .map(|(what, reason)| format!("{what} cannot be told: {}", reason.message()))
            .collect();
        if self.catalog.is_ok() {
            notes.push(format!(
                "DDL is seen in the database {} only, the one that pgdeck is connected to.",
                self.database
            ));
        }
        notes
    }
}
