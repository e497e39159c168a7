//! The eight table-level lock modes and which of them conflict: the manual's table 13.2 as data.
//!
//! Every heavyweight lock uses these modes, not only tables: a transaction holds `EXCLUSIVE` on its
//! own id, whoever waits for its end asks for `SHARE` on it.

use serde::{Deserialize, Serialize};

/// A lock mode, weakest first, as in the manual, chapter 13.3.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LockMode {
    /// `SELECT`.
    AccessShare,
    /// `SELECT … FOR UPDATE/SHARE`.
    RowShare,
    /// `INSERT`, `UPDATE`, `DELETE`, `MERGE`.
    RowExclusive,
    /// `VACUUM`, `ANALYZE`, `CREATE INDEX CONCURRENTLY`, `VALIDATE CONSTRAINT`.
    ShareUpdateExclusive,
    /// `CREATE INDEX`.
    Share,
    /// `CREATE TRIGGER`, some `ALTER TABLE`.
    ShareRowExclusive,
    /// `REFRESH MATERIALIZED VIEW CONCURRENTLY`.
    Exclusive,
    /// `DROP TABLE`, `TRUNCATE`, `REINDEX`, `VACUUM FULL`, most `ALTER TABLE`.
    AccessExclusive,
}

use LockMode::{
    AccessExclusive, AccessShare, Exclusive, RowExclusive, RowShare, Share, ShareRowExclusive,
    ShareUpdateExclusive,
};

/// Which modes each mode conflicts with: table 13.2 of the manual, row by row.
/// <https://www.postgresql.org/docs/current/explicit-locking.html#TABLE-LOCK-COMPATIBILITY>
pub const CONFLICTS: [(LockMode, &[LockMode]); 8] = [
    (AccessShare, &[AccessExclusive]),
    (RowShare, &[Exclusive, AccessExclusive]),
    (RowExclusive, &[Share, ShareRowExclusive, Exclusive, AccessExclusive]),
    (
        ShareUpdateExclusive,
        &[ShareUpdateExclusive, Share, ShareRowExclusive, Exclusive, AccessExclusive],
    ),
    (Share, &[RowExclusive, ShareUpdateExclusive, ShareRowExclusive, Exclusive, AccessExclusive]),
    (
        ShareRowExclusive,
        &[RowExclusive, ShareUpdateExclusive, Share, ShareRowExclusive, Exclusive, AccessExclusive],
    ),
    (
        Exclusive,
        &[
            RowShare,
            RowExclusive,
            ShareUpdateExclusive,
            Share,
            ShareRowExclusive,
            Exclusive,
            AccessExclusive,
        ],
    ),
    (AccessExclusive, &LockMode::ALL),
];

impl LockMode {
    /// All modes, weakest first.
    pub const ALL: [Self; 8] = [
        AccessShare,
        RowShare,
        RowExclusive,
        ShareUpdateExclusive,
        Share,
        ShareRowExclusive,
        Exclusive,
        AccessExclusive,
    ];

    /// As in the manual and in `LOCK TABLE`: `ACCESS EXCLUSIVE`.
    pub fn words(self) -> &'static str {
        match self {
            AccessShare => "ACCESS SHARE",
            RowShare => "ROW SHARE",
            RowExclusive => "ROW EXCLUSIVE",
            ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            Share => "SHARE",
            ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Exclusive => "EXCLUSIVE",
            AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }

    /// As in `pg_locks.mode`: `AccessExclusiveLock`.
    pub fn catalog(self) -> &'static str {
        match self {
            AccessShare => "AccessShareLock",
            RowShare => "RowShareLock",
            RowExclusive => "RowExclusiveLock",
            ShareUpdateExclusive => "ShareUpdateExclusiveLock",
            Share => "ShareLock",
            ShareRowExclusive => "ShareRowExclusiveLock",
            Exclusive => "ExclusiveLock",
            AccessExclusive => "AccessExclusiveLock",
        }
    }

    /// The mode that `pg_locks.mode` names. None for `SIReadLock`, which never blocks.
    pub fn from_catalog(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.catalog() == name)
    }

    /// What takes it, in a few words, from the manual's list.
    pub fn taken_by(self) -> &'static str {
        match self {
            AccessShare => "SELECT",
            RowShare => "SELECT FOR UPDATE, FOR NO KEY UPDATE, FOR SHARE, FOR KEY SHARE",
            RowExclusive => "UPDATE, DELETE, INSERT, MERGE",
            ShareUpdateExclusive => {
                "VACUUM, ANALYZE, CREATE INDEX CONCURRENTLY, CREATE STATISTICS, some ALTER TABLE"
            }
            Share => "CREATE INDEX",
            ShareRowExclusive => "CREATE TRIGGER, some ALTER TABLE",
            Exclusive => "REFRESH MATERIALIZED VIEW CONCURRENTLY",
            AccessExclusive => {
                "DROP TABLE, TRUNCATE, REINDEX, CLUSTER, VACUUM FULL, most ALTER TABLE"
            }
        }
    }

    /// Whether two sessions cannot hold these modes on one object at a time. Symmetric.
    pub fn conflicts(self, other: Self) -> bool {
        self.conflict_set().has(other)
    }

    /// The modes it conflicts with.
    pub fn conflict_set(self) -> ModeSet {
        let row = CONFLICTS.iter().find(|(mode, _)| *mode == self);
        row.map_or(ModeSet::default(), |(_, modes)| modes.iter().copied().collect())
    }
}

/// A set of lock modes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ModeSet(u8);

impl ModeSet {
    /// The set as bits, weakest mode lowest.
    pub fn bits(self) -> u8 {
        self.0
    }

    /// The set of these bits.
    pub fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// Adds a mode.
    pub fn add(&mut self, mode: LockMode) {
        self.0 |= 1 << mode as u8;
    }

    /// Adds all of another set.
    pub fn add_all(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Whether the mode is in it.
    pub fn has(self, mode: LockMode) -> bool {
        self.0 & (1 << mode as u8) != 0
    }

    /// Whether the two have a mode in common.
    pub fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether nothing is in it.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Its modes, weakest first.
    pub fn modes(self) -> impl Iterator<Item = LockMode> {
        LockMode::ALL.into_iter().filter(move |mode| self.has(*mode))
    }

    /// Its strongest mode.
    pub fn strongest(self) -> Option<LockMode> {
        self.modes().last()
    }
}

impl FromIterator<LockMode> for ModeSet {
    fn from_iter<I: IntoIterator<Item = LockMode>>(modes: I) -> Self {
        let mut set = Self::default();
        modes.into_iter().for_each(|mode| set.add(mode));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_symmetric_and_in_order() {
        for (place, (mode, _)) in CONFLICTS.iter().enumerate() {
            assert_eq!(*mode as usize, place);
            for other in LockMode::ALL {
                assert_eq!(mode.conflicts(other), other.conflicts(*mode), "{mode:?} {other:?}");
            }
        }
        // The manual's table has 38 crosses.
        let crosses: usize = CONFLICTS.iter().map(|(_, modes)| modes.len()).sum();
        assert_eq!(crosses, 38);
    }

    #[test]
    fn names_lead_back() {
        for mode in LockMode::ALL {
            assert_eq!(LockMode::from_catalog(mode.catalog()), Some(mode));
            let squeezed: String = mode.words().replace(' ', "") + "LOCK";
            assert_eq!(mode.catalog().to_uppercase(), squeezed);
        }
        assert_eq!(LockMode::from_catalog("SIReadLock"), None);
    }
}
