//! A foreign key, and whether an index supports it.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{DatabaseIndexes, Index};

/// A foreign key (`pg_constraint`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ForeignKey {
    /// Its oid.
    pub oid: u32,
    /// Its name.
    pub conname: String,
    /// The table that refers, by oid.
    pub conrelid: u32,
    /// The table that is referred to, by oid.
    pub confrelid: u32,
    /// The unique index that is referred to, by oid.
    pub conindid: u32,
    /// Whether it is not validated yet.
    #[serde(default)]
    pub not_valid: bool,
    /// What an update of the referenced key does (`confupdtype`).
    pub confupdtype: String,
    /// What its deletion does (`confdeltype`).
    pub confdeltype: String,
    /// The foreign key of the partitioned table that it is a part of, by oid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<u32>,
    /// Its columns in the table that refers.
    pub conkey: Vec<i16>,
    /// Their names, where they were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
}

impl ForeignKey {
    /// Whether PostgreSQL can find the rows that refer to a key with this index: its first columns are those of
    /// the foreign key in any order, and its predicate leaves out nothing that is asked for. The check asks by
    /// `=`, which no NULL passes.
    pub fn is_supported_by(&self, index: &Index) -> bool {
        let finds = match index.amname.as_ref() {
            "btree" => true,
            "hash" => self.conkey.len() == 1,
            _ => false,
        };
        let has_all = index.texts.predicate.is_none()
            || index.not_null_column.is_some_and(|column| self.conkey.contains(&column));
        let mut leading: Vec<i16> =
            index.keys.iter().take(self.conkey.len()).map(|key| key.attnum).collect();
        let mut wanted = self.conkey.clone();
        leading.sort_unstable();
        wanted.sort_unstable();
        index.works() && finds && has_all && leading == wanted
    }
}

/// The foreign keys of partitions by that of their partitioned table.
pub struct Parts<'a>(HashMap<u32, Vec<&'a ForeignKey>>);

impl DatabaseIndexes {
    /// Which foreign keys are parts of another. One that refers to a partitioned table has parts too, of the same
    /// table: they are left out.
    pub fn parts(&self) -> Parts<'_> {
        let mut parts: HashMap<u32, Vec<&ForeignKey>> = HashMap::new();
        for key in &self.foreign_keys {
            if let Some(parent) = key.parent {
                parts.entry(parent).or_default().push(key);
            }
        }
        Parts(parts)
    }

    /// Whether a foreign key has an index; of a partitioned table also if each partition has one of its own.
    pub fn has_index(&self, key: &ForeignKey, parts: &Parts<'_>) -> bool {
        let has_own = || self.of_table(key.conrelid).iter().any(|index| key.is_supported_by(index));
        let of_others = || {
            let mut others = parts.0.get(&key.oid).into_iter().flatten();
            let mut others = others.by_ref().filter(|one| one.conrelid != key.conrelid).peekable();
            others.peek().is_some() && others.all(|one| self.has_index(one, parts))
        };
        let is_partitioned = self.owner(key.conrelid).is_some_and(|owner| owner.partitioned);
        has_own() || is_partitioned && of_others()
    }
}
