//! Proposals of rules as typed data: an index, statistics, a setting.
//!
//! The catalog is compared with its fields (`with_catalog`); [`Proposal::sql`] renders it as SQL,
//! once, when all rules have run.

use std::fmt;

use model::identifier::quote_ident;

use super::setting::Setting;
use crate::catalog::{Index, Relation};
use crate::node::Node;

/// A statement that a finding proposes.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Proposal {
    /// There is no statement to propose.
    #[default]
    Nothing,
    /// CREATE INDEX CONCURRENTLY.
    Index(IndexProposal),
    /// ANALYZE; of a table that is not known there is nothing to run, but the cause is the same.
    Analyze(Option<Table>),
    /// CREATE STATISTICS on columns that depend on each other, and ANALYZE.
    Statistics {
        /// Their table.
        table: Table,
        /// The columns, as names.
        columns: Vec<String>,
    },
    /// A larger statistics target for a column with skewed values, and ANALYZE.
    StatisticsTarget {
        /// Its table.
        table: Table,
        /// The column, as a name.
        column: String,
    },
    /// VACUUM.
    Vacuum(Table),
    /// REINDEX INDEX CONCURRENTLY, by the index's name.
    Reindex(String),
    /// SET, RESET or ALTER SYSTEM.
    Setting(Setting),
    /// A statement without parts.
    Text(&'static str),
}

/// The statistics target that is proposed: ten times the default.
const STATISTICS_TARGET: u32 = 1000;

impl Proposal {
    /// The statement to copy.
    pub fn sql(&self) -> Option<String> {
        Some(match self {
            Self::Nothing | Self::Analyze(None) => return None,
            Self::Index(index) => index.to_string(),
            Self::Analyze(Some(table)) => format!("analyze {table};"),
            Self::Statistics { table, columns } => {
                let columns: Vec<String> = columns.iter().map(|name| quote_ident(name)).collect();
                let list = columns.join(", ");
                format!("create statistics on {list} from {table}; analyze {table};")
            }
            Self::StatisticsTarget { table, column } => format!(
                "alter table {table} alter {} set statistics {STATISTICS_TARGET}; analyze {table};",
                quote_ident(column)
            ),
            Self::Vacuum(table) => format!("vacuum {table};"),
            Self::Reindex(index) => format!("reindex index concurrently {};", quote_ident(index)),
            Self::Setting(setting) => setting.to_string(),
            Self::Text(sql) => (*sql).to_owned(),
        })
    }
}

impl From<Option<IndexProposal>> for Proposal {
    fn from(index: Option<IndexProposal>) -> Self {
        index.map_or(Self::Nothing, Self::Index)
    }
}

/// A table; shown quoted, as SQL names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its schema, where the plan was made with VERBOSE.
    pub schema: Option<String>,
    /// Its name.
    pub name: String,
}

impl Table {
    /// The table a node reads or writes.
    pub(super) fn of_node(node: &Node) -> Option<Self> {
        Some(Self { schema: node.schema.clone(), name: node.relation.clone()? })
    }

    /// The table a node reads, if an index may be created on it: none of PostgreSQL's own.
    pub(super) fn to_index(node: &Node) -> Option<Self> {
        Self::of_node(node).filter(|table| {
            let own = |schema: &str| schema.starts_with("pg_") || schema == "information_schema";
            !table.schema.as_deref().is_some_and(own) && !table.name.starts_with("pg_")
        })
    }

    /// A table of the catalog.
    pub(super) fn of_relation(relation: &Relation) -> Self {
        let schema = Some(relation.schema.clone()).filter(|schema| !schema.is_empty());
        Self { schema, name: relation.name.clone() }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{}.", quote_ident(schema))?;
        }
        f.write_str(&quote_ident(&self.name))
    }
}

/// An index to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexProposal {
    /// Its table.
    pub table: Table,
    /// The access method, where it is not btree.
    pub method: Option<&'static str>,
    /// The key columns in their order.
    pub keys: Vec<IndexKey>,
    /// Columns of INCLUDE, quoted.
    pub include: Vec<String>,
    /// The condition of a partial index.
    pub predicate: Option<String>,
}

/// A key column of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexKey {
    /// The column, quoted, as pg_get_indexdef prints it; or an expression in brackets.
    pub key: String,
    /// Operator class and direction, as they follow the column; mostly empty.
    pub options: String,
}

impl IndexKey {
    /// A column or expression in default order.
    pub(super) fn plain(key: impl Into<String>) -> Self {
        Self { key: key.into(), options: String::new() }
    }
}

impl IndexProposal {
    /// A btree index on these keys.
    pub(super) fn new(table: Table, keys: Vec<IndexKey>) -> Self {
        Self { table, method: None, keys, include: vec![], predicate: None }
    }

    /// Whether an index that exists has these keys first and holds more columns where that is the
    /// point. Of other methods than btree the catalog does not tell the operator class.
    pub(super) fn is_served_by(&self, index: &Index) -> bool {
        let same = |(at, own): (usize, &IndexKey)| index.keys.get(at) == Some(&own.key);
        self.method.is_none()
            && index.method == "btree"
            && self.keys.iter().enumerate().all(same)
            && (self.include.is_empty() || !index.include.is_empty())
    }
}

impl fmt::Display for IndexKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gap = if self.options.is_empty() { "" } else { " " };
        write!(f, "{}{gap}{}", self.key, self.options)
    }
}

impl fmt::Display for IndexProposal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "create index concurrently on {}", self.table)?;
        if let Some(method) = self.method {
            write!(f, " using {method}")?;
        }
        let keys: Vec<String> = self.keys.iter().map(ToString::to_string).collect();
        write!(f, " ({})", keys.join(", "))?;
        if !self.include.is_empty() {
            write!(f, " include ({})", self.include.join(", "))?;
        }
        if let Some(predicate) = &self.predicate {
            write!(f, " where {predicate}")?;
        }
        f.write_str(";")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        Table { schema: Some("app".into()), name: "order".into() }
    }

    #[test]
    fn names_are_quoted_where_they_have_to_be() {
        let mut index = IndexProposal::new(table(), vec![IndexKey::plain("a")]);
        index.keys.push(IndexKey { key: "\"B\"".into(), options: "desc".into() });
        assert_eq!(
            index.to_string(),
            "create index concurrently on app.\"order\" (a, \"B\" desc);"
        );
        index.include = vec!["c".into(), "d".into()];
        index.predicate = Some("(e = 1)".into());
        assert!(index.to_string().ends_with(" (a, \"B\" desc) include (c, d) where (e = 1);"));
        let columns = vec!["a".into(), "user".into()];
        assert_eq!(
            Proposal::Statistics { table: table(), columns }.sql().as_deref(),
            Some("create statistics on a, \"user\" from app.\"order\"; analyze app.\"order\";")
        );
        assert_eq!(Proposal::Analyze(None).sql(), None);
    }

    #[test]
    fn an_index_serves_what_it_begins_with() {
        let mut wanted = IndexProposal::new(table(), vec![IndexKey::plain("a")]);
        let keys = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect();
        let mut there =
            Index { method: "btree".into(), keys: keys(&["a", "b"]), ..Index::default() };
        assert!(wanted.is_served_by(&there));
        wanted.include = vec!["c".into()];
        assert!(!wanted.is_served_by(&there));
        there.include = keys(&["c"]);
        assert!(wanted.is_served_by(&there));
        wanted.keys.insert(0, IndexKey::plain("b"));
        assert!(!wanted.is_served_by(&there));
        wanted.keys.remove(0);
        there.method = "hash".into();
        assert!(!wanted.is_served_by(&there));
    }
}
