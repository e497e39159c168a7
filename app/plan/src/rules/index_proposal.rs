//! Derives an index proposal from a condition, a sort key or an output list.

use model::Remedy;
use model::identifier::quote_ident;

use super::proposal::{IndexKey, IndexProposal, Table};
use crate::node::Node;

/// The columns that a condition compares with something, quoted, those compared by `=` first: the order
/// in which an index serves them. `None` unless every part of the condition is that simple.
pub(super) fn index_columns(condition: &str) -> Option<Vec<String>> {
    if condition.contains(" OR ") {
        return None;
    }
    let (mut equal, mut range) = (vec![], vec![]);
    for part in condition.split(" AND ") {
        let part = part.trim_matches(['(', ')']);
        let (left, rest) = part.split_once(' ')?;
        let operator = rest.split(' ').next()?;
        // A varchar column cast to text is how PostgreSQL prints the plain column.
        let left = left.trim_end_matches("::text").trim_end_matches("::bpchar");
        let column = left.trim_matches(['(', ')']).rsplit('.').next().filter(|column| {
            column.chars().all(|c| c.is_alphanumeric() || c == '_')
                && column.starts_with(|c: char| c.is_alphabetic())
        })?;
        let column = quote_ident(column);
        match operator {
            "=" if !equal.contains(&column) => equal.push(column),
            "<" | "<=" | ">" | ">=" if !range.contains(&column) => range.push(column),
            "=" | "<" | "<=" | ">" | ">=" => {}
            _ => return None,
        }
    }
    range.retain(|column| !equal.contains(column));
    // Behind the first range column an index only filters.
    equal.extend(range.into_iter().take(1));
    (!equal.is_empty()).then_some(equal)
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

/// The index that serves a condition on a node's table.
pub(super) fn index_for(node: &Node, condition: &str) -> Option<IndexProposal> {
    let keys = index_columns(condition)?.into_iter().map(IndexKey::plain).collect();
    Some(IndexProposal::new(Table::of_node(node)?, keys))
}

/// The index over those rows only that a constant condition keeps.
pub(super) fn partial_index_for(
    node: &Node,
    found_by: &str,
    filter: &str,
) -> Option<IndexProposal> {
    let index = index_for(node, found_by)?;
    let constant =
        filter.contains(" = '") && !filter.contains(['$', '<', '>']) && !filter.contains("SubPlan");
    (constant && index_columns(filter).is_some())
        .then(|| IndexProposal { predicate: Some(without_alias(node, filter)), ..index })
}

/// An expression on a node's table without the alias of the statement.
pub(super) fn without_alias(node: &Node, expression: &str) -> String {
    match node.alias.as_deref() {
        Some(alias) => expression.replace(&format!("{}.", quote_ident(alias)), ""),
        None => expression.to_owned(),
    }
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

    #[test]
    fn columns_compared_by_equality_come_first() {
        let columns = |condition: &str| Some(index_columns(condition)?.join(", "));
        let found = columns("((o.created > '2025-01-01'::date) AND (o.status = 'open'::text))");
        assert_eq!(found.as_deref(), Some("status, created"));
        assert_eq!(columns("((o.status)::text = 'a'::text)").as_deref(), Some("status"));
        assert_eq!(columns("(lower(name) = 'x'::text)"), None);
        assert_eq!(columns("((a = 1) OR (b = 2))"), None);
    }
}
