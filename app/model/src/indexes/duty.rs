//! What an index does beside being scanned, and what keeps it from its work: the badges of its row.

use serde::{Deserialize, Serialize};

use super::{DatabaseIndexes, Index};

/// One thing that an index is or does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duty {
    /// Queries may not use it, or writes do not maintain it.
    Invalid,
    /// It is the primary key's.
    Primary,
    /// It keeps duplicates out.
    Unique,
    /// It implements an exclusion constraint.
    Exclusion,
    /// It implements a constraint.
    Constraint,
    /// Logical replication finds rows by it.
    ReplicaIdentity,
    /// The table was last clustered by it.
    Clustered,
    /// Deletions and updates of a referenced table find the rows that refer to it.
    ForeignKey,
    /// Foreign keys of other tables refer to its columns.
    Referenced,
    /// It is the index of a partitioned table.
    Partitioned,
    /// It is a part of a partitioned table's index.
    Part,
    /// It has some of the rows only.
    Partial,
}

impl Duty {
    /// The words on pages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Primary => "primary key",
            Self::Unique => "unique",
            Self::Exclusion => "exclusion constraint",
            Self::Constraint => "constraint",
            Self::ReplicaIdentity => "replica identity",
            Self::Clustered => "clustered",
            Self::ForeignKey => "supports a foreign key",
            Self::Referenced => "referenced by foreign keys",
            Self::Partitioned => "partitioned",
            Self::Part => "part of a partitioned index",
            Self::Partial => "partial",
        }
    }
}

impl DatabaseIndexes {
    /// What an index is and does. A primary key is not called unique and a constraint too.
    pub fn duties(&self, index: &Index) -> Vec<Duty> {
        let supports = || self.keys_of(index.indrelid).iter().any(|key| key.is_supported_by(index));
        let referenced = || self.foreign_keys.iter().any(|key| key.conindid == index.oid);
        let may_be_referenced = index.indisunique && referenced();
        let constraint = index.conname.is_some() && !index.indisprimary && !index.indisexclusion;
        let all = [
            (!index.works(), Duty::Invalid),
            (index.indisprimary, Duty::Primary),
            (index.indisunique && !index.indisprimary, Duty::Unique),
            (index.indisexclusion, Duty::Exclusion),
            (constraint, Duty::Constraint),
            (index.indisreplident, Duty::ReplicaIdentity),
            (index.indisclustered, Duty::Clustered),
            (supports(), Duty::ForeignKey),
            (may_be_referenced, Duty::Referenced),
            (index.partitioned, Duty::Partitioned),
            (index.parent.is_some(), Duty::Part),
            (index.texts.predicate.is_some(), Duty::Partial),
        ];
        all.into_iter().filter(|(is, _)| *is).map(|(_, duty)| duty).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indexes::{ForeignKey, Key, Texts};

    #[test]
    fn a_badge_for_each_thing_that_an_index_does() {
        let key = Key { attnum: 2, ..Key::default() };
        let plain = Index {
            oid: 5,
            indrelid: 1,
            amname: "btree".into(),
            keys: vec![key],
            ..Index::default()
        };
        let refers =
            ForeignKey { conrelid: 1, conindid: 9, conkey: vec![2], ..ForeignKey::default() };
        let database = DatabaseIndexes { foreign_keys: vec![refers], ..DatabaseIndexes::default() };
        assert_eq!(database.duties(&plain), [Duty::ForeignKey]);
        let primary = Index {
            oid: 9,
            indrelid: 3,
            indisprimary: true,
            indisunique: true,
            conname: Some("pk".into()),
            ..plain.clone()
        };
        assert_eq!(database.duties(&primary), [Duty::Primary, Duty::Referenced]);
        let partial = Texts { predicate: Some("p".into()), ..Texts::default() };
        let broken = Index { invalid: true, texts: partial.into(), ..plain };
        assert_eq!(database.duties(&broken), [Duty::Invalid, Duty::Partial]);
    }
}
