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
                // Before PostgreSQL 16 they need a name.
                let name = quote_ident(&format!("{}_{}", table.name, columns.join("_")));
                let columns: Vec<String> = columns.iter().map(|name| quote_ident(name)).collect();
                let list = columns.join(", ");
                format!("create statistics {name} on {list} from {table}; analyze {table};")
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

    /// Whether it is one of PostgreSQL's own.
    pub(super) fn is_own(&self) -> bool {
        let schema = self.schema.as_deref().unwrap_or_default();
        schema == "pg_catalog" || schema == "information_schema" || self.name.starts_with("pg_")
    }

    /// The table a node reads, if an index may be created on it: none of PostgreSQL's own, no foreign
    /// one, and no chunk of a hypertable, which gets its indexes from that.
    pub(super) fn to_index(node: &Node) -> Option<Self> {
        Self::of_node(node).filter(|table| {
            let schema = table.schema.as_deref().unwrap_or_default();
            // Temporary tables and TOAST; chunks.
            let hidden = schema.starts_with("pg_") || schema == "_timescaledb_internal";
            let chunk = table.name.starts_with("_hyper_") && table.name.ends_with("_chunk");
            !table.is_own() && !hidden && !chunk && node.kind != "Foreign Scan"
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
    /// Whether the table is a partitioned one, on which CONCURRENTLY is not allowed.
    pub partitioned: bool,
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
        Self { table, method: None, keys, include: vec![], predicate: None, partitioned: false }
    }

    /// What every write pays for it, in words.
    pub(super) fn costs(&self) -> String {
        let keys: Vec<&str> = self.keys.iter().map(|key| key.key.as_str()).collect();
        let include = self.include.iter().map(String::as_str);
        let columns: Vec<&str> = keys.into_iter().chain(include).collect();
        format!(
            "Each insert into {} writes it too, and so does each update of {}, which is then no HOT update any more.",
            self.table,
            columns.join(", ")
        )
    }

    /// Whether an index that exists finds the same rows: it has these keys first, by classes and in
    /// directions that serve, and holds more columns where that is the point.
    pub fn is_served_by(&self, index: &Index) -> bool {
        let same = |(at, own): (usize, &IndexKey)| {
            index.keys.get(at).is_some_and(|key| bare(key) == bare(&own.key))
                && index.classes.get(at).is_none_or(|class| own.is_of_class(class))
        };
        self.method.unwrap_or("btree") == index.method
            && self.keys.iter().enumerate().all(same)
            && self.is_in_order_of(index)
            && (self.include.is_empty()
                || self.include.iter().all(|own| index.include.contains(own)))
            && (self.predicate.is_none() || self.has_predicate_of(index))
    }

    /// Whether an index is read in this order from one of its ends.
    fn is_in_order_of(&self, index: &Index) -> bool {
        let asked = self.keys.iter().map(IndexKey::direction).zip(&index.directions);
        let pairs: Vec<(&str, &str)> = asked.map(|(own, there)| (own, there.as_str())).collect();
        let any = pairs.iter().any(|(own, _)| !own.is_empty());
        let forward = pairs.iter().all(|(own, there)| own == there);
        let backward = pairs.iter().all(|(own, there)| own.is_empty() || turned(own) == *there);
        !any || forward || backward
    }

    fn has_predicate_of(&self, index: &Index) -> bool {
        let there = index.predicate.as_deref().map(|text| bare(&text.to_lowercase()).to_owned());
        self.predicate.as_deref().map(bare) == there.as_deref()
    }
}

impl IndexKey {
    /// The direction without the operator class.
    fn direction(&self) -> &str {
        if self.options.contains("_ops") { "" } else { &self.options }
    }

    /// Whether a class serves what this key needs.
    fn is_of_class(&self, class: &str) -> bool {
        match self.options.as_str() {
            "jsonb_path_ops" => ["jsonb_path_ops", "jsonb_ops"].contains(&class),
            // One of an extension may stand with its schema.
            own if own.ends_with("_ops") => own.rsplit('.').next() == Some(class),
            _ => {
                !class.ends_with("_pattern_ops")
                    && !class.ends_with("_path_ops")
                    && !class.ends_with("_trgm_ops")
            }
        }
    }
}

/// A key or predicate without brackets around it.
fn bare(text: &str) -> &str {
    let inner = text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
    inner.filter(|inner| !inner.contains(')') || inner.ends_with(')')).unwrap_or(text)
}

/// A direction read from the other end.
fn turned(direction: &str) -> &'static str {
    match direction {
        "desc" => "",
        "desc nulls last" => "nulls first",
        "nulls first" => "desc nulls last",
        _ => "desc",
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
        let how = if self.partitioned { "" } else { " concurrently" };
        write!(f, "create index{how} on {}", self.table)?;
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
            Some(
                "create statistics order_a_user on a, \"user\" from app.\"order\"; analyze app.\"order\";"
            )
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
