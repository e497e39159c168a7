//! The changes that a person wants to have tried: CREATE INDEX and DROP INDEX, read by PostgreSQL's own parser.
//! Pure.

use model::identifier::quote_ident;
use pg_query::protobuf::{self, IndexStmt, ObjectType, RawStmt};
use pg_query::{DeparseOptions, NodeEnum};

use crate::explain::ast;
use crate::explain::denied_functions::blocked;
use crate::explain::guard::{STATEMENT_BYTES, words};

/// The most changes at once: more than a person compares.
const MOST_CHANGES: usize = 20;
/// The version of the grammar, for a tree that is written as text.
const GRAMMAR: i32 = 180_000;

/// A change to try.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// An index that is made hypothetically.
    Create {
        /// As a statement.
        sql: String,
    },
    /// An index that is left out.
    Drop {
        /// Its name, quoted, with its schema where one was written.
        name: String,
    },
}

impl Change {
    /// The statement.
    pub fn sql(&self) -> String {
        match self {
            Self::Create { sql } => sql.clone(),
            Self::Drop { name } => format!("drop index {name}"),
        }
    }
}

/// Reads them.
///
/// Errors: a sentence about the first that cannot be tried.
pub fn read(text: &str) -> Result<Vec<Change>, String> {
    if text.len() > STATEMENT_BYTES {
        return Err(format!("At most {STATEMENT_BYTES} bytes of statements are read."));
    }
    let all = ast::each(text).map_err(|refusal| refusal.message())?;
    let mut changes = vec![];
    for (node, tree) in all {
        match node {
            NodeEnum::IndexStmt(index) => {
                if let Some((kind, _)) = &tree.unknown {
                    return Err(format!("{} cannot stand in an index.", words(kind)));
                }
                let mut calls = tree.functions.iter().chain(&tree.columns);
                if let Some(call) = calls.find(|call| blocked(&call.name)) {
                    return Err(format!("The function {} is not called, even to plan.", call.name));
                }
                changes.push(Change::Create { sql: plain(*index)? });
            }
            NodeEnum::DropStmt(drop) if drop.remove_type() == ObjectType::ObjectIndex => {
                let names = drop.objects.iter().map(name);
                changes.extend(names.map(|name| Change::Drop { name }));
            }
            other => return Err(other_kind(&other)),
        }
    }
    match changes.len() {
        0 => Err("Type a CREATE INDEX or a DROP INDEX statement.".into()),
        count if count > MOST_CHANGES => {
            Err(format!("These are {count} changes; at most {MOST_CHANGES} are tried at once."))
        }
        _ => Ok(changes),
    }
}

/// Why a statement of another kind is not tried.
fn other_kind(node: &NodeEnum) -> String {
    let value = serde_json::to_value(node).unwrap_or_default();
    let kind = value.as_object().and_then(|fields| fields.keys().next().cloned());
    let kind = words(&kind.unwrap_or_default());
    format!(
        "Only CREATE INDEX and DROP INDEX can be tried, not {kind}; nothing was sent to the server."
    )
}

/// The statement as hypopg takes it: without a name, without CONCURRENTLY, of one table.
fn plain(index: IndexStmt) -> Result<String, String> {
    let index = IndexStmt {
        idxname: String::new(),
        concurrent: false,
        if_not_exists: false,
        table_space: String::new(),
        ..index
    };
    let node = protobuf::Node { node: Some(NodeEnum::IndexStmt(Box::new(index))) };
    let statement = RawStmt { stmt: Some(Box::new(node)), stmt_location: 0, stmt_len: 0 };
    let tree = protobuf::ParseResult { version: GRAMMAR, stmts: vec![statement] };
    let written = pg_query::deparse(&tree, DeparseOptions::default());
    written.map_err(|_| "This CREATE INDEX could not be read.".to_owned())
}

/// A name of a DROP statement, quoted.
fn name(object: &protobuf::Node) -> String {
    let Some(NodeEnum::List(list)) = &object.node else { return String::new() };
    let parts = list.items.iter().filter_map(|item| match &item.node {
        Some(NodeEnum::String(part)) => Some(quote_ident(&part.sval)),
        _ => None,
    });
    parts.collect::<Vec<String>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statements(text: &str) -> Result<Vec<String>, String> {
        read(text).map(|changes| changes.iter().map(Change::sql).collect())
    }

    #[test]
    fn an_index_is_read_without_name_and_concurrently() {
        let text = "create unique index concurrently if not exists \"I\" on shop.orders using btree (customer, lower(note) desc) include (at) where state = 'new'; drop index concurrently if exists a, shop.\"B\";";
        let found = statements(text).unwrap();
        assert_eq!(
            found,
            [
                "CREATE UNIQUE INDEX ON shop.orders USING btree (customer, lower(note) DESC) INCLUDE (at) WHERE state = 'new'",
                "drop index a",
                "drop index shop.\"B\"",
            ]
        );
    }

    #[test]
    fn anything_else_is_refused_in_one_sentence() {
        for (text, part) in [
            ("", "Type a CREATE INDEX"),
            ("-- nothing", "Type a CREATE INDEX"),
            ("drop table orders", "not DROP"),
            ("select 1", "not SELECT"),
            ("create index on t (a); delete from t", "not DELETE"),
            ("create index on t (pg_sleep(5))", "pg_sleep"),
            ("create index on", "syntax error"),
            ("create table t (a int)", "not CREATE"),
        ] {
            let why = read(text).unwrap_err();
            assert!(why.contains(part), "{text}: {why}");
            assert_eq!(why.matches(". ").count(), 0, "{why}");
        }
        let many = "create index on t (a);".repeat(MOST_CHANGES + 1);
        assert!(read(&many).is_err_and(|why| why.contains("21 changes")));
    }
}
