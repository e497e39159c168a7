//! Rule: rows of a foreign table are fetched again and again, or fetched and discarded here.

use model::quantity::plural;
use model::{About, Limit, Unit};

use super::case::{count, evidence};
use super::measured::words;
use super::{Case, InForce, Judged, Missing};
use crate::node::Node;

/// Runs from which it is reported.
const MIN_LOOPS: Limit = Limit {
    name: "min_loops",
    default: 10.0,
    unit: Unit::Count,
    source: "each run asks the other server at least once",
};
/// Rows fetched and removed from which it is reported.
const MIN_REMOVED_ROWS: Limit = Limit {
    name: "min_removed_rows",
    default: 1000.0,
    unit: Unit::Count,
    source: "ten round trips at postgres_fdw's fetch_size of 100",
};
/// Share of rows removed.
const MIN_REMOVED_PERCENT: Limit = Limit {
    name: "min_removed_percent",
    default: 50.0,
    unit: Unit::Percent,
    source: "more rows are fetched in vain than are used",
};

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Foreign table asked too often or for too much",
    effect: "Each run of the scan is a query on the other server, and each row travels over the network.",
    remedy: "Let the planner know the foreign table, so that it is asked once and with its conditions.",
    docs: "https://www.postgresql.org/docs/current/postgres-fdw.html",
    limits: &[MIN_LOOPS, MIN_REMOVED_ROWS, MIN_REMOVED_PERCENT],
};

const ONCE: &str = "Let it be read once and hashed: ANALYZE the foreign table and set use_remote_estimate, so that the planner knows its rows; or read it in a MATERIALIZED CTE. fetch_size (100) is the rows of each round trip.";
const THERE: &str = "Let the other server do it: joins and aggregates are sent where all their tables are on it and use_remote_estimate tells that this is cheaper; otherwise compare the foreign table's own columns with values. postgres_fdw sends only conditions of built-in immutable functions and operators, and those of extensions that its server option lists: write the condition with these, or keep a view that has it on the other server.";

/// Judges runs and discarded rows of foreign scans.
pub fn foreign_fetch(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    let (mut found, mut filtered) = (vec![], false);
    for (at, node, own) in case.nodes().filter(|(_, node, _)| node.kind == "Foreign Scan") {
        filtered |= node.get("Filter").is_some();
        let loops = loops(case, at, node);
        if loops >= limits.get(&MIN_LOOPS) {
            let ran = if case.is_analyzed() { "ran" } else { "would run" };
            let message = format!(
                "{} {ran} {} times, for about {} each{}.{}",
                node.name(),
                count(loops),
                plural(case.rows_per_loop(at).round() as i64, "row", "rows"),
                asked(node),
                case.untimed()
            );
            let numbers = vec![
                evidence("runs", loops, Unit::Count),
                evidence("rows each", case.rows_per_loop(at), Unit::Count),
            ];
            let remedy = words(ONCE, "the other server answers from its memory, next door.");
            let saves = case.repeated_ms(at);
            found.push(case.finding(limits, at, saves, message, numbers, remedy));
            continue;
        }
        let (removed, rows) = (own.removed_rows.unwrap_or(0.0), own.rows.unwrap_or(0.0));
        // What the join above does not need was fetched in vain as well.
        let (vain, by) = match node.get("Filter") {
            Some(filter) if removed > 0.0 => (removed, filter.into_owned()),
            _ => match unused(case, node, rows).filter(|_| is_whole(node)) {
                Some((vain, by)) => (vain, by),
                None => continue,
            },
        };
        let percent = 100.0 * vain / (removed + rows).max(1.0);
        if vain < limits.get(&MIN_REMOVED_ROWS) || percent < limits.get(&MIN_REMOVED_PERCENT) {
            continue;
        }
        let message = format!(
            "{} fetched {} rows, and {} of them were discarded here by {by}.",
            node.name(),
            count(removed + rows),
            count(vain)
        );
        let numbers = vec![
            evidence("rows fetched", removed + rows, Unit::Count),
            evidence("rows discarded", vain, Unit::Count),
        ];
        let remedy = words(THERE, "the wrapper has no way to send conditions.");
        let saves = own.self_ms.map(|ms| ms * percent / 100.0);
        found.push(case.finding(limits, at, saves, message, numbers, remedy));
    }
    case.or_analyze(found, filtered)
}

/// How often a scan ran; as the inner side of a nested loop it would run for each row expected of the outer.
fn loops(case: &Case<'_>, at: usize, node: &Node) -> f64 {
    if let Some(actual) = node.actual {
        return actual.loops;
    }
    let Some(above) = node.parent else { return 1.0 };
    let loop_above = case.plan.nodes.get(above).is_some_and(|node| node.kind == "Nested Loop");
    match case.inputs(above).filter(|_| loop_above) {
        Some((outer, inner)) if inner == at => case.rows(outer),
        _ => 1.0,
    }
}

/// What wrappers print of the statement they send.
fn remote_sql(node: &Node) -> Option<String> {
    let keys = ["Remote SQL", "Oracle query", "Remote query"];
    keys.iter().find_map(|key| node.get(key)).map(|sql| sql.to_uppercase())
}

/// Whether the statement that is sent is known, and asks for the whole table.
fn is_whole(node: &Node) -> bool {
    let narrower = |sql: &String| [" WHERE ", " LIMIT ", "$1"].iter().any(|own| sql.contains(own));
    remote_sql(node).is_some_and(|sql| !narrower(&sql))
}

/// Rows that the next join above a scan does not give on, and its name.
fn unused(case: &Case<'_>, node: &Node, rows: f64) -> Option<(f64, String)> {
    let parent = |at: &usize| case.plan.nodes.get(*at).and_then(|node| node.parent);
    let above = std::iter::successors(node.parent, parent).take(3).find(|at| {
        let kind = case.plan.nodes.get(*at).map_or("", |node| node.kind.as_str());
        kind.ends_with(" Join") || kind == "Nested Loop"
    })?;
    Some((rows - case.rows(above), case.plan.nodes.get(above)?.name()))
}

/// What it asks of the other server, as far as that is printed.
fn asked(node: &Node) -> &'static str {
    match remote_sql(node) {
        None => "; what it asks is printed with VERBOSE",
        Some(_) if is_whole(node) => ": the whole remote table each time, its SQL has no WHERE",
        Some(_) => ", one query on the other server for each row",
    }
}
