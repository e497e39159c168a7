//! Derives an index proposal from a condition, a sort key or an output list.

use model::Remedy;
use model::identifier::quote_ident;

use super::Case;
use super::column_types::is_text;
use super::conditions::{Asks, Conditions, Key, SYSTEM, conditions};
use super::proposal::{IndexKey, IndexProposal, Table};
use super::search::Search;
use crate::node::Node;

/// What the texts ask of a node's table, of those that are there.
pub(super) fn asked(case: &Case<'_>, node: &Node, keys: &[&str]) -> Conditions {
    let texts: Vec<_> = keys.iter().filter_map(|key| node.get(key)).collect();
    let relation = case.catalog.and_then(|catalog| catalog.relation_of(node));
    conditions(node, relation, texts.iter().map(AsRef::as_ref))
}

/// What an index is built on, as CREATE INDEX takes it; `None` of an expression that is not known to
/// be immutable.
pub(super) fn key_sql(key: &Key) -> Option<String> {
    match key {
        Key::Column(name) => Some(quote_ident(name)),
        Key::Expression { sql, immutable } => immutable.then(|| format!("({sql})")),
    }
}

/// The keys that conditions ask for in the order in which a B-tree serves them: those compared by `=`,
/// then lists, then one range (manual, "Multicolumn Indexes"). `None` if that is not all they ask, or an
/// expression cannot be indexed: then it is not known what an index would save.
pub(super) fn index_keys(asked: &Conditions) -> Option<Vec<String>> {
    let mut keys: Vec<String> = vec![];
    let of = |wanted: fn(&Asks) -> bool| {
        asked.tests.iter().filter(move |test| wanted(&test.asks)).map(|test| &test.key)
    };
    let equal = of(|asks| *asks == Asks::Equal).chain(of(|asks| *asks == Asks::AnyOf));
    // Behind the first range column an index only filters.
    let range = of(|asks| *asks == Asks::Range);
    let mut ranges = 0;
    for (key, is_range) in equal.map(|key| (key, false)).chain(range.map(|key| (key, true))) {
        let sql = key_sql(key)?;
        if keys.contains(&sql) || (is_range && ranges > 0) {
            continue;
        }
        ranges += u8::from(is_range);
        keys.push(sql);
    }
    let others = |asks: &Asks| matches!(asks, Asks::Like { .. } | Asks::Search(_));
    let others = asked.tests.iter().any(|test| others(&test.asks));
    (asked.complete && !others && !keys.is_empty()).then_some(keys)
}

/// The same where all keys are columns.
pub(super) fn index_columns(asked: &Conditions) -> Option<Vec<String>> {
    let compared = |asks: &Asks| !matches!(asks, Asks::Always(_));
    let of_column = |key: &Key| matches!(key, Key::Column(_));
    let mut tests = asked.tests.iter().filter(|test| compared(&test.asks));
    tests.all(|test| of_column(&test.key)).then(|| index_keys(asked)).flatten()
}

/// The columns compared by `=`, quoted: what may stand before an order in an index. `None` if the
/// conditions ask for more than that, a range of the order's first column (`by`) and what a partial
/// index holds: then an index in order would be read far beyond the first rows that fit.
pub(super) fn equal_columns(asked: &Conditions, by: Option<&str>) -> Option<Vec<String>> {
    let (mut columns, mut lists) = (vec![], false);
    for test in &asked.tests {
        match (&test.key, &test.asks) {
            (Key::Column(name), Asks::Equal) => columns.push(quote_ident(name)),
            (Key::Column(name), Asks::Range) if by == Some(quote_ident(name).as_str()) => {}
            // A list gives as many pieces of the order as it has elements: it is left to the filter.
            (_, Asks::AnyOf) => lists = true,
            (_, Asks::Always(_)) => {}
            _ => return None,
        }
    }
    (asked.complete && (!lists || !columns.is_empty())).then_some(columns)
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
        let plain = !SYSTEM.contains(&name)
            && name.starts_with(|c: char| c.is_alphabetic() || c == '_')
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
pub(super) fn index_for(case: &Case<'_>, node: &Node, keys: &[&str]) -> Option<IndexProposal> {
    index_serving(case, node, &asked(case, node, keys))
}

/// The index on a node's table that serves what is asked: a B-tree where it can, otherwise one of the
/// method that the operator needs; of flags alone a partial one.
pub(super) fn index_serving(
    case: &Case<'_>,
    node: &Node,
    asked: &Conditions,
) -> Option<IndexProposal> {
    let index = IndexProposal::new(Table::to_index(node)?, vec![]);
    let predicate = predicate(asked);
    if let Some(keys) = index_keys(asked) {
        let keys = keys.into_iter().map(IndexKey::plain).collect();
        return Some(IndexProposal { keys, predicate, ..index });
    }
    if !asked.complete {
        return None;
    }
    let searched = asked.tests.iter().find_map(|test| match test.asks {
        Asks::Search(search) => Some((search, key_sql(&test.key)?)),
        _ => None,
    });
    if let Some((Search { method, class }, key)) = searched {
        let keys = vec![IndexKey { key, options: class.into() }];
        return Some(IndexProposal { method: Some(method), keys, ..index });
    }
    if let Some(keys) = prefix_keys(case, node, asked) {
        return Some(IndexProposal { keys, predicate, ..index });
    }
    let flag = asked.tests.first().map(|test| &test.key);
    let only_flags = asked.tests.iter().all(|test| matches!(test.asks, Asks::Always(_)));
    let keys = vec![IndexKey::plain(flag.filter(|_| only_flags).and_then(key_sql)?)];
    Some(IndexProposal { keys, predicate, ..index })
}

/// The keys for `LIKE 'abc%'` behind what is compared by `=`. Outside of the collation C a B-tree finds
/// prefixes by a class of its own only (manual, "Operator Classes"), and which one the type decides.
fn prefix_keys(case: &Case<'_>, node: &Node, asked: &Conditions) -> Option<Vec<IndexKey>> {
    let types = case.catalog?.relation_of(node)?.types.as_ref()?;
    let (mut keys, mut prefix) = (vec![], None);
    for test in &asked.tests {
        match (&test.key, &test.asks) {
            (Key::Column(name), Asks::Equal) => keys.push(IndexKey::plain(quote_ident(name))),
            (Key::Column(name), Asks::Like { pattern, any_case: false, is_regex: false })
                if !pattern.as_ref()?.starts_with(['%', '_']) =>
            {
                let own = types.iter().find(|own| own.name == *name).filter(|own| is_text(own))?;
                let class = if own.bytewise { "" } else { "text_pattern_ops" };
                prefix = Some(IndexKey { key: quote_ident(name), options: class.into() });
            }
            (_, Asks::Always(_)) => {}
            _ => return None,
        }
    }
    keys.push(prefix?);
    Some(keys)
}

/// The remedy of building an index; its statement comes with the proposal.
pub(super) fn index_remedy(
    message: &str,
    index: Option<&IndexProposal>,
    refuted_by: &str,
) -> Remedy {
    let message =
        index.map_or_else(|| message.to_owned(), |index| format!("{message} {}", index.costs()));
    Remedy {
        message,
        lock: index.map(|_| "Takes SHARE UPDATE EXCLUSIVE on the table; reads and writes continue. It waits for open transactions to end.".into()),
        undo: index.map(|_| "drop index concurrently and the name of the new index.".into()),
        refuted_by: Some(refuted_by.into()),
        ..Remedy::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::derive;
    use crate::node::{Plan, Prop, Value};

    fn index(relation: &str, filter: &str) -> Option<String> {
        let mut node = Node { relation: Some(relation.into()), ..Node::default() };
        node.props.push(Prop { key: "Filter".into(), value: Value::One(filter.into()), line: 0 });
        let plan = Plan::default();
        let derived = derive(&plan);
        index_for(&Case::new(&plan, &derived), &node, &["Filter"]).map(|index| index.to_string())
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
        for (filter, expected) in [
            ("((tenant_id = 5) AND (lower(name) = 'x'::text))", "(tenant_id, (lower(name)))"),
            ("(doc @> '{\"a\": 1}'::jsonb)", "using gin (doc jsonb_path_ops)"),
            ("(tags && '{a,b}'::text[])", "using gin (tags)"),
            ("(during @> '2026-01-01'::date)", "using gist (during)"),
            ("deleted", "(deleted) where deleted"),
            ("((a = 1) OR (a = 2))", "(a)"),
        ] {
            let expected = format!("create index concurrently on orders {expected};");
            assert_eq!(on(filter), Some(expected), "{filter}");
        }
        for filter in
            ["(f(name) = 'x'::text)", "((a = 1) OR (b = 2))", "(a = b)", "(a ~~ 'x%'::text)"]
        {
            assert_eq!(on(filter), None, "{filter}");
        }
    }

    #[test]
    fn a_catalog_of_the_system_is_never_indexed() {
        assert_eq!(index("pg_class", "(relname = 'x'::name)"), None);
    }
}
