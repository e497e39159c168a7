//! The four strengths of row locks: the manual's table 13.3 as data.
//!
//! PostgreSQL keeps row locks in the rows themselves; `pg_locks` shows only what a waiter waits for:
//! the holder's transaction id, or the tuple while another waits in front of it.

use serde::{Deserialize, Serialize};

/// The strength of a row lock, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RowLock {
    /// Taken on referenced rows by foreign-key checks.
    ForKeyShare,
    /// Nobody may change the row.
    ForShare,
    /// An `UPDATE` that leaves the key columns alone.
    ForNoKeyUpdate,
    /// `DELETE`, and an `UPDATE` of a key column.
    ForUpdate,
}

use RowLock::{ForKeyShare, ForNoKeyUpdate, ForShare, ForUpdate};

/// Which strengths conflict: table 13.3 of the manual, row by row.
/// <https://www.postgresql.org/docs/current/explicit-locking.html#ROW-LOCK-COMPATIBILITY>
pub const ROW_CONFLICTS: [(RowLock, &[RowLock]); 4] = [
    (ForKeyShare, &[ForUpdate]),
    (ForShare, &[ForNoKeyUpdate, ForUpdate]),
    (ForNoKeyUpdate, &[ForShare, ForNoKeyUpdate, ForUpdate]),
    (ForUpdate, &RowLock::ALL),
];

impl RowLock {
    /// All strengths, weakest first.
    pub const ALL: [Self; 4] = [ForKeyShare, ForShare, ForNoKeyUpdate, ForUpdate];

    /// As written in SQL.
    pub fn words(self) -> &'static str {
        match self {
            ForKeyShare => "FOR KEY SHARE",
            ForShare => "FOR SHARE",
            ForNoKeyUpdate => "FOR NO KEY UPDATE",
            ForUpdate => "FOR UPDATE",
        }
    }

    /// What takes it besides the clause itself, and what it is for.
    pub fn taken_by(self) -> &'static str {
        match self {
            ForKeyShare => "foreign-key checks, on the referenced row",
            ForShare => "SELECT … FOR SHARE only",
            ForNoKeyUpdate => {
                "UPDATE that changes no column of a unique index that a foreign key may reference"
            }
            ForUpdate => "DELETE, and UPDATE of such a column",
        }
    }

    /// Whether two transactions cannot hold these on one row at a time. Symmetric.
    pub fn conflicts(self, other: Self) -> bool {
        let row = ROW_CONFLICTS.iter().find(|(strength, _)| *strength == self);
        row.is_some_and(|(_, others)| others.contains(&other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_symmetric() {
        for one in RowLock::ALL {
            for other in RowLock::ALL {
                assert_eq!(one.conflicts(other), other.conflicts(one), "{one:?} {other:?}");
            }
        }
        let crosses: usize = ROW_CONFLICTS.iter().map(|(_, others)| others.len()).sum();
        assert_eq!(crosses, 10);
    }
}
