//! Derives an index proposal from a condition, a sort key or an output list.

use model::Remedy;
use model::identifier::quote_ident;

use super::conditions::{Asks, Conditions, Key, conditions};
use super::proposal::{IndexKey, IndexProposal, Table};
use crate::node::Node;

/// What the texts ask of a node's table, of those that are there.
pub(super) fn asked(node: &Node, keys: &[&str]) -> Conditions {
    let texts: Vec<_> = keys.iter().filter_map(|key| node.get(key)).collect();
    conditions(node, texts.iter().map(AsRef::as_ref))
}

/// The columns that conditions ask for, quoted, in the order in which a B-tree serves them: those
/// compared by `=`, then lists, then one range (manual, "Multicolumn Indexes"). `None` if that is not
/// all they ask, or an expression is compared: then it is not known what an index would save.
pub(super) fn index_columns(asked: &Conditions) -> Option<Vec<String>> {
    let mut columns: Vec<String> = vec![];
    let of = |wanted: fn(&Asks) -> bool| {
        asked.tests.iter().filter(move |test| wanted(&test.asks)).map(|test| &test.key)
    };
    let equal = of(|asks| *asks == Asks::Equal).chain(of(|asks| *asks == Asks::AnyOf));
    // Behind the first range column an index only filters.
    let range = of(|asks| *asks == Asks::Range);
    let mut ranges = 0;
    for (key, is_range) in equal.map(|key| (key, false)).chain(range.map(|key| (key, true))) {
        let Key::Column(name) = key else { return None };
        let column = quote_ident(name);
        if columns.contains(&column) || (is_range && ranges > 0) {
            continue;
        }
        ranges += u8::from(is_range);
        columns.push(column);
    }
    let patterns = asked.tests.iter().any(|test| matches!(test.asks, Asks::Like { .. }));
    (asked.complete && !patterns && !columns.is_empty()).then_some(columns)
}

/// The columns compared by `=`, quoted: what may stand before an order in an index. `None` if the
/// conditions ask for more, so that the index would be read far beyond the first rows that fit.
pub(super) fn equal_columns(asked: &Conditions) -> Option<Vec<String>> {
    let mut columns = vec![];
    for test in &asked.tests {
        match (&test.key, &test.asks) {
            (Key::Column(name), Asks::Equal) => columns.push(quote_ident(name)),
            // A list gives as many pieces of the order as it has elements: it is left to the filter.
            (_, Asks::AnyOf | Asks::Always(_)) => {}
            _ => return None,
        }
    }
    let selective = asked.tests.is_empty() || !columns.is_empty();
    (asked.complete && selective).then_some(columns)
}

/// The predicate that all statements of a design have: `deleted_at is null`, a flag. Never a value
/// of one call.
pub(super) fn predicate(asked: &Conditions) -> Option<String> {
    let always: Vec<&str> = asked
        .tests
        .iter()
        .filter_map(|test| match &test.asks {
            Asks::Always(sql) => Some(sql.as_str()),
            _ => None,
        })
        .collect();
    (!always.is_empty()).then(|| always.join(" and "))
}

/// The columns of a list as `Output` prints it, quoted; `None` if one is more than a column.
pub(super) fn plain_columns(list: &str) -> Option<Vec<String>> {
    let column = |text: &str| {
        let name = text.rsplit('.').next()?;
        let plain = name.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        plain.then(|| quote_ident(name))
    };
    list.split(", ").map(column).collect()
}

/// The columns of a sort key with their directions, as an index takes them.
pub(super) fn sort_columns(key: &str) -> Option<Vec<IndexKey>> {
    let part = |text: &str| {
        let (column, order) = text.split_once(' ').unwrap_or((text, ""));
        let key = plain_columns(column)?.pop()?;
        let known = ["", "DESC", "NULLS FIRST", "DESC NULLS LAST"].contains(&order);
        known.then(|| IndexKey { key, options: order.to_lowercase() })
    };
    key.split(", ").map(part).collect()
}

/// The index that serves the conditions of a node on its table.
pub(super) fn index_for(node: &Node, keys: &[&str]) -> Option<IndexProposal> {
    index_serving(node, &asked(node, keys))
}

/// The index on a node's table that serves what is asked.
pub(super) fn index_serving(node: &Node, asked: &Conditions) -> Option<IndexProposal> {
    let columns = index_columns(asked)?.into_iter().map(IndexKey::plain).collect();
    let table = Table::to_index(node)?;
    Some(IndexProposal { predicate: predicate(asked), ..IndexProposal::new(table, columns) })
}

/// The remedy of building an index; its statement comes with the proposal.
pub(super) fn index_remedy(
    message: &str,
    index: Option<&IndexProposal>,
    refuted_by: &str,
) -> Remedy {
    Remedy {
        message: message.into(),
        lock: index.map(|_| "Takes SHARE UPDATE EXCLUSIVE on the table; reads and writes continue. It waits for open transactions to end.".into()),
        undo: index.map(|_| "drop index concurrently and the name of the new index.".into()),
        refuted_by: Some(refuted_by.into()),
        ..Remedy::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::{Prop, Value};

    fn index(relation: &str, filter: &str) -> Option<String> {
        let mut node = Node { relation: Some(relation.into()), ..Node::default() };
        node.props.push(Prop { key: "Filter".into(), value: Value::One(filter.into()), line: 0 });
        index_for(&node, &["Filter"]).map(|index| index.to_string())
    }

    #[test]
    fn columns_compared_by_equality_come_first() {
        let on = |filter: &str| index("orders", filter);
        for (filter, expected) in [
            ("((created > '2025-01-01'::date) AND (status = 'open'::text))", "(status, created)"),
            ("((status)::text = 'a'::text)", "(status)"),
            ("((a > 1) AND (b < 2) AND (a < 9) AND (c = ANY ('{1,2}'::integer[])))", "(c, a)"),
            (
                "((deleted_at IS NULL) AND (tenant_id = 5))",
                "(tenant_id) where (deleted_at is null)",
            ),
            ("((tenant_id = 42) AND (email = 'someone@example.com'::text))", "(tenant_id, email)"),
        ] {
            let expected = format!("create index concurrently on orders {expected};");
            assert_eq!(on(filter), Some(expected), "{filter}");
        }
        for filter in ["(lower(name) = 'x'::text)", "((a = 1) OR (b = 2))", "deleted", "(a = b)"] {
            assert_eq!(on(filter), None, "{filter}");
        }
    }

    #[test]
    fn a_catalog_of_the_system_is_never_indexed() {
        assert_eq!(index("pg_class", "(relname = 'x'::name)"), None);
    }
}
