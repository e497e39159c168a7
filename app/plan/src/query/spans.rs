//! Source spans: the part of the statement that a node comes from, where that is certain.

use std::ops::Range;

use super::lexer::{Token, TokenKind, tokens};
use super::outline::{Clause, Item, Outline};
use crate::node::{Node, Plan};

/// The bytes of the statement a node comes from; none where that is not certain, as when
/// two items of the FROM list have the same name, or the relation is in a view.
pub fn query_spans(query: &str, plan: &Plan, node: usize) -> Vec<Range<usize>> {
    let Some(node) = plan.nodes.get(node) else { return vec![] };
    let outline = Outline::of(query);
    let mut spans = match node.kind.as_str() {
        "Sort" | "Incremental Sort" => keyed(&outline, "order", node.get("Sort Key").as_deref()),
        "Aggregate" | "Group" => grouped(&outline, node),
        "Unique" => distinct(&outline),
        "Limit" => limited(&outline),
        "WindowAgg" => one(&outline, calls(&outline, "over")),
        "Hash Join" | "Merge Join" | "Nested Loop" => joined(&outline, node),
        _ => scanned(&outline.items, node).into_iter().collect(),
    };
    let cte = node.subplan.as_deref().and_then(|name| name.strip_prefix("CTE "));
    if let Some(name) = cte.filter(|_| spans.is_empty()) {
        let named = outline.ctes.iter().filter(|cte| cte.name.as_deref() == Some(name));
        spans.extend(only(named).map(|cte| cte.range.clone()));
    }
    spans
}

fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let first = items.next();
    first.filter(|_| items.next().is_none())
}

/// The one item of a FROM list that a scan reads, or that a ModifyTable changes.
fn scanned(items: &[Item], node: &Node) -> Option<Range<usize>> {
    let named = ["CTE Name", "Function Name", "Table Function Name", "Tuplestore Name"];
    let name = node
        .relation
        .clone()
        .or_else(|| named.iter().find_map(|key| node.get(key)).map(|name| name.into_owned()));
    let alias = node.alias.as_deref().or(name.as_deref())?;
    let same_alias = |item: &&Item| item.alias.as_deref() == Some(alias);
    let exact = items.iter().filter(same_alias).filter(|item| match node.kind.as_str() {
        "Subquery Scan" => true,
        "Function Scan" | "Table Function Scan" => item.name.is_some(),
        _ => item.name == name,
    });
    if let Some(item) = only(exact) {
        return Some(item.range.clone());
    }
    // A partition is named after its parent's alias: `events_2` of `events`.
    let member = node.relationship.as_deref() == Some("Member");
    let (base, number) = alias.rsplit_once('_').filter(|_| member)?;
    let parents = items.iter().filter(|item| item.alias.as_deref() == Some(base));
    let numbered = number.chars().all(|c| c.is_ascii_digit());
    let other = only(parents).filter(|item| numbered && item.name != name)?;
    Some(other.range.clone())
}

/// The last identifiers of a list of expressions: `(o.created)::date DESC` is `created`; `None` for
/// one that is more than a column.
fn columns<'a>(tokens: impl Iterator<Item = Token<'a>>) -> Vec<Option<String>> {
    const ORDER: &[&str] = &["asc", "desc", "nulls", "first", "last"];
    let (mut columns, mut depth) = (vec![], 0_i64);
    let (mut column, mut plain, mut cast) = (None, true, false);
    for token in tokens.chain([Token { kind: TokenKind::Punctuation, text: ",", start: 0 }]) {
        match token.kind {
            _ if token.is("(") => depth += 1,
            _ if token.is(")") => depth -= 1,
            _ if token.is(",") && depth <= 0 => {
                columns.push(column.take().filter(|_| plain));
                (plain, cast) = (true, false);
            }
            _ if token.is("::") => cast = true,
            _ if token.is(".") => column = None,
            TokenKind::Word | TokenKind::QuotedIdentifier
                if cast || ORDER.iter().any(|word| token.is(word)) => {}
            TokenKind::Word | TokenKind::QuotedIdentifier if column.is_none() => {
                column = token.name()
            }
            _ => plain = false,
        }
    }
    columns
}

/// The one clause of this word whose columns are those of a printed key.
fn keyed(outline: &Outline<'_>, word: &str, key: Option<&str>) -> Vec<Range<usize>> {
    let key = columns(
        tokens(key.unwrap_or_default()).filter(|token| token.kind != TokenKind::Whitespace),
    );
    let fits = |clause: &&Clause| {
        let from = clause.tokens.start.saturating_add(2);
        let own = outline.tokens.get(from..clause.tokens.end).unwrap_or_default();
        let own = columns(own.iter().copied());
        own == key && key.iter().all(Option::is_some)
    };
    let clauses = outline.clauses.iter().filter(|clause| clause.word == word && !clause.in_call);
    one(outline, only(clauses.filter(fits)).map(|clause| clause.tokens.clone()))
}

fn one(outline: &Outline<'_>, tokens: Option<Range<usize>>) -> Vec<Range<usize>> {
    tokens.iter().map(|tokens| outline.bytes(tokens)).collect()
}

/// GROUP BY with the same columns; DISTINCT where nothing is grouped.
fn grouped(outline: &Outline<'_>, node: &Node) -> Vec<Range<usize>> {
    let Some(key) = node.get("Group Key") else { return vec![] };
    if outline.clauses.iter().any(|clause| clause.word == "group") {
        return keyed(outline, "group", Some(&key));
    }
    distinct(outline)
}

/// The one `select distinct`.
fn distinct(outline: &Outline<'_>) -> Vec<Range<usize>> {
    let found = (0..outline.tokens.len())
        .filter(|at| outline.is(*at, "distinct") && outline.is(at.wrapping_sub(1), "select"));
    one(outline, only(found).map(|at| at..at.saturating_add(1)))
}

/// LIMIT, OFFSET and FETCH, where all of them stand in one statement.
fn limited(outline: &Outline<'_>) -> Vec<Range<usize>> {
    let limits = || {
        let of = |clause: &&Clause| matches!(clause.word, "limit" | "offset" | "fetch");
        outline.clauses.iter().filter(of)
    };
    let doubled = ["limit", "offset", "fetch"]
        .iter()
        .any(|word| limits().filter(|clause| clause.word == *word).count() > 1);
    let depth = limits().next().map(|clause| clause.depth);
    if doubled || limits().any(|clause| Some(clause.depth) != depth) {
        return vec![];
    }
    limits().map(|clause| outline.bytes(&clause.tokens)).collect()
}

/// The one `word (…)`.
fn calls(outline: &Outline<'_>, word: &str) -> Option<Range<usize>> {
    let at = only((0..outline.tokens.len()).filter(|at| outline.is(*at, word)))?;
    let closing = outline.closing.get(at.saturating_add(1)).copied().flatten();
    Some(at..closing.unwrap_or(at.saturating_add(1)).saturating_add(1))
}

/// The comparisons of a join condition, each where it is written once, in either order.
fn joined(outline: &Outline<'_>, node: &Node) -> Vec<Range<usize>> {
    let conditions =
        ["Hash Cond", "Merge Cond", "Join Filter"].iter().filter_map(|key| node.get(key));
    let mut spans = vec![];
    for condition in conditions {
        for part in condition.split(" AND ") {
            let own: Vec<Token<'_>> = tokens(part)
                .filter(|token| {
                    token.kind != TokenKind::Whitespace && !token.is("(") && !token.is(")")
                })
                .collect();
            spans.extend(comparison(outline, &own));
        }
    }
    spans
}

/// Where `a.x = b.y` is written in the statement.
fn comparison(outline: &Outline<'_>, own: &[Token<'_>]) -> Option<Range<usize>> {
    let [a, a_dot, x, sign, b, b_dot, y] = own else { return None };
    if !(a_dot.is(".") && b_dot.is(".") && sign.is("=")) {
        return None;
    }
    let same = |written: &Token<'_>, own: &Token<'_>| match own.name() {
        Some(name) => written.name() == Some(name),
        None => written.text == own.text,
    };
    let fits = |wanted: [&Token<'_>; 7], written: &[Token<'_>]| {
        wanted.iter().zip(written).all(|(own, written)| same(written, own))
    };
    let found = outline.tokens.windows(7).enumerate().filter(|(_, written)| {
        fits([a, a_dot, x, sign, b, b_dot, y], written)
            || fits([b, b_dot, y, sign, a, a_dot, x], written)
    });
    only(found).map(|(at, _)| outline.bytes(&(at..at.saturating_add(7))))
}
