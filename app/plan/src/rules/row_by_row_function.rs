//! Rule: a user-defined function is called for each row.

use model::{About, Limit, Remedy, Unit};

use super::case::{count, evidence};
use super::{Case, InForce, Judged, Missing};
use crate::anonymise::{is_own_function, is_type};
use crate::expression::{Part, read};
use crate::query::lexer::{Token, TokenKind, tokens};

/// Calls from which it is reported.
const MIN_CALLS: Limit = Limit {
    name: "min_calls",
    default: 1000.0,
    unit: Unit::Count,
    source: "fewer calls to a cheap function take no noticeable time",
};
/// Share of the execution that the node must take itself.
const MIN_SHARE_PERCENT: Limit = Limit {
    name: "min_share_percent",
    default: 20.0,
    unit: Unit::Percent,
    source: "below that the time is elsewhere",
};

/// What helps against a costly function of PostgreSQL's own.
const OWN: &str = "Compute it once per row instead of once per query: a generated column (or an expression index, where the condition has the same expression) keeps its result; and call it after the rows are filtered and limited.";

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Function called row by row",
    effect: "Each call costs its overhead, and in functions of your own queries within it run once per row, unseen by the planner.",
    remedy: "Write it as a join, or as a function in SQL that PostgreSQL can inline; call it after the rows are filtered.",
    docs: "https://www.postgresql.org/docs/current/xfunc-optimization.html",
    limits: &[MIN_CALLS, MIN_SHARE_PERCENT],
};

/// Judges nodes that call a user's function in their filter, output or keys.
pub fn row_by_row_function(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    let mut calls = false;
    let mut found = vec![];
    for (at, node, own) in case.nodes() {
        let keys = [
            "Filter",
            "Join Filter",
            "Index Cond",
            "Function Call",
            "Output",
            "Sort Key",
            "Group Key",
        ];
        let call = keys.iter().find_map(|key| {
            // What the node below computed is only passed on, in brackets: `(f(x))`.
            let text = node.get(key)?;
            let lists = ["Output", "Sort Key", "Group Key"].contains(key);
            own_function(&text, lists).map(|name| (*key, name))
        });
        let Some((key, function)) = call else { continue };
        calls = true;
        let loops = node.actual.map_or(0.0, |actual| actual.loops);
        let rows = own.rows.unwrap_or(0.0) + own.removed_rows.unwrap_or(0.0);
        let times = if key == "Function Call" { loops } else { rows };
        let share = own.share.unwrap_or(0.0) * 100.0;
        if times < limits.get(&MIN_CALLS) || share < limits.get(&MIN_SHARE_PERCENT) {
            continue;
        }
        let each_us = own.self_ms.map(|ms| ms * 1000.0 / times);
        let message = format!(
            "{} calls {function}() about {} times ({key}), {:.1} µs each.",
            node.name(),
            count(times),
            each_us.unwrap_or(0.0)
        );
        let numbers = vec![
            evidence("calls (estimate)", times, Unit::Count),
            evidence("self time", own.self_ms.unwrap_or(0.0), Unit::Ms),
            evidence("share of the execution", share, Unit::Percent),
        ];
        let remedy = Remedy {
            message: match node.get(key).filter(|text| takes_nothing(text, &function)) {
                Some(_) => format!("{function}() takes nothing from the row: written as (select {function}()) it is computed once for the whole statement."),
                None if is_own_function(&function) => OWN.into(),
                None => ABOUT.remedy.into(),
            },
            refuted_by: Some("the time is spent reading rows: then the same statement without the function is just as slow.".into()),
            ..Remedy::default()
        };
        found.push(case.finding(limits, at, own.self_ms, message, numbers, remedy));
    }
    if calls {
        case.timed()?;
    }
    Ok(found)
}

/// Whether every call of a function in an expression has no column as an argument.
fn takes_nothing(text: &str, function: &str) -> bool {
    let Some(expression) = read(text) else { return false };
    let calls = expression.below(expression.root()).into_iter().filter(|id| {
        matches!(expression.part(*id), Some(Part::Call { name, .. })
            if name == function || name.ends_with(&format!(".{function}")))
    });
    let mut columns = calls.map(|id| expression.columns(id).len()).peekable();
    columns.peek().is_some() && columns.all(|count| count == 0)
}

/// PostgreSQL's own functions whose single call is dear: they parse or walk a document, or ask the file system.
const COSTLY: &str = "to_tsvector ts_headline ts_rank ts_rank_cd regexp_replace regexp_matches regexp_match \
    regexp_split_to_array regexp_split_to_table xpath jsonb_path_query jsonb_path_exists pg_relation_size \
    pg_table_size pg_indexes_size pg_total_relation_size pg_database_size";

fn is_costly(name: &str) -> bool {
    COSTLY.split_ascii_whitespace().any(|own| own == name)
}

/// The first function in an expression that is costly or not PostgreSQL's own; in a list of expressions those
/// in brackets were computed below.
fn own_function(text: &str, list: bool) -> Option<String> {
    let solid: Vec<Token<'_>> =
        tokens(text).filter(|token| token.kind != TokenKind::Whitespace).collect();
    let passed_on = |at: usize| {
        let open = at.checked_sub(1).and_then(|before| solid.get(before));
        let outer = at.checked_sub(2).and_then(|before| solid.get(before));
        open.is_some_and(|open| open.is("(")) && outer.is_none_or(|outer| outer.is(","))
    };
    let calls = solid.windows(2).enumerate().filter_map(|(at, pair)| match pair {
        [name, open] if open.is("(") && !(list && passed_on(at)) => Some(name),
        _ => None,
    });
    calls
        .filter(|token| matches!(token.kind, TokenKind::Word | TokenKind::QuotedIdentifier))
        .filter(|token| token.text.chars().any(char::is_lowercase))
        .filter_map(Token::name)
        .find(|name| is_costly(name) || (!is_own_function(name) && !is_type(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_functions_and_what_is_passed_on_are_none() {
        assert_eq!(own_function("id, lower(note), slow(id)", true).as_deref(), Some("slow"));
        assert_eq!(own_function("id, (slow(id)), count(*)", true), None);
        assert_eq!(
            own_function("((a)::character varying(10) = 'f(x)'::text) AND (SubPlan 1)", false),
            None
        );
        assert_eq!(own_function("(app.check_it(id) > 1)", false).as_deref(), Some("check_it"));
    }
}
