//! Whether statements on a partitioned table leave partitions out: what their conditions say of the partition key.

use serde::{Deserialize, Serialize};

/// A column by which a table is divided; of a key over several columns one row each.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
pub struct PartitionKey {
    /// The partitioned table.
    pub oid: i64,
    /// How it is divided: `r` by range, `l` by list, `h` by hash.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::Text"))]
    pub partstrat: String,
    /// The place of the column in the key, from 1.
    pub position: i32,
    /// The column; None of an expression.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub attname: Option<String>,
    /// Whether `enable_partition_pruning` is on for sessions in this database.
    pub is_pruning_on: bool,
}

/// The keys of a partition tree.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TreeKey {
    /// The columns of all its levels.
    pub columns: Vec<String>,
    /// Whether a level is divided by an expression: conditions on that are not recognised.
    pub has_expression: bool,
    /// Whether `enable_partition_pruning` is on for sessions in its database.
    pub is_pruning_on: bool,
    /// The partitions that hold rows.
    pub leaves: usize,
}

/// What the conditions of a statement say of the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyUse {
    /// A column of it is compared: partitions can be left out when the statement is planned or run.
    Compared,
    /// It stands only inside of an expression, which no bound of a partition can be compared with.
    Wrapped,
    /// No condition names it.
    Absent,
    /// No condition names it, but LIMIT may end the statement before all partitions are read.
    Limited,
}

impl KeyUse {
    /// Whether all partitions are read.
    pub fn reads_all(self) -> bool {
        matches!(self, Self::Wrapped | Self::Absent)
    }

    /// The words on pages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Compared => "partitions can be left out",
            Self::Wrapped => "the key stands only inside an expression",
            Self::Absent => "no condition names the key",
            Self::Limited => "no condition names the key; LIMIT may end it early",
        }
    }
}

/// A statement that reads the table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reader {
    /// Its identity.
    pub queryid: i64,
    /// Its text, cut.
    pub text: String,
    /// How often it ran.
    pub calls: f64,
    /// The time that it took, ms.
    pub total_ms: f64,
    /// What its conditions say of the key.
    pub key_use: KeyUse,
}

/// The statements of a window that read a partitioned table, those that took most time first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pruning {
    /// The statements.
    pub readers: Vec<Reader>,
    /// From and to when, ms since the epoch.
    pub window: (i64, i64),
}
