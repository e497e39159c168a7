//! Rule: a statement is run once for each row of another.

use model::statements::{Measure, Ranked, Statements, Window};
use model::{About, Finding, Known, Limit, Unit};

use super::super::evidence::{about, number, watched_for};
use crate::rule::InForce;

/// Over which time it is judged, seconds.
const OVER: Limit = Limit {
    name: "over_s",
    default: 300.0,
    unit: Unit::Seconds,
    source: "ours: numbers that agree over five minutes do not agree by chance",
};
/// Calls per second of the repeated statement.
const CALLS_FROM: Limit = Limit {
    name: "calls_per_s_from",
    default: 50.0,
    unit: Unit::PerSecond,
    source: "ours: below, the round trips saved are few",
};
/// Its share of all calls.
const SHARE_FROM: Limit = Limit {
    name: "share_of_calls_from_percent",
    default: 20.0,
    unit: Unit::Percent,
    source: "ours: a fifth of all that the application asks for",
};
/// Its calls for each call of the other.
const REPEATED_FROM: Limit = Limit {
    name: "repeated_from",
    default: 10.0,
    unit: Unit::Count,
    source: "ours: a page of a list has ten entries or more",
};
/// How far the calls may be from the rows of the other.
const OFF_BY: Limit = Limit {
    name: "off_by_percent",
    default: 10.0,
    unit: Unit::Percent,
    source: "ours: the one that counts a row and the one that looks it up end in different readings",
};
/// A single-row statement: rows per call.
const SINGLE_ROW: f64 = 1.5;
/// A cheap one, ms per call.
const CHEAP_MS: f64 = 5.0;
/// Calls of the list from which its rows are a number to compare with.
const LISTS: f64 = 10.0;

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "A statement is run once for each row of another (N+1)",
    effect: "The application waits for a round trip per row; the server parses, plans and locks each time.",
    remedy: "Fetch the rows together: with a join, or with = any($1) and an array of keys.",
    docs: "https://www.postgresql.org/docs/current/functions-comparisons.html#FUNCTIONS-COMPARISONS-ANY-SOME",
    limits: &[OVER, CALLS_FROM, SHARE_FROM, REPEATED_FROM, OFF_BY],
};

/// Looks for a single-row statement whose calls are as many as the rows of a list of the same role and database.
pub fn n_plus_one(evidence: &Statements, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    let window = watched_for(evidence, limits.get(&OVER))?;
    let all = window.total.get(Measure::Calls).max(1.0);
    let seconds = window.covered_ms.max(1) as f64 / 1_000.0;
    let is_repeated = |entry: &&Ranked| {
        let calls = entry.sums.get(Measure::Calls);
        entry.key.toplevel
            && calls / seconds >= limits.get(&CALLS_FROM)
            && 100.0 * calls / all >= limits.get(&SHARE_FROM)
            && entry.sums.get(Measure::Rows) <= SINGLE_ROW * calls
            && entry.sums.mean_ms().is_some_and(|mean| mean <= CHEAP_MS)
    };
    let pairs = window.top.iter().filter(is_repeated).filter_map(|entry| {
        let list = list_of(window, entry, limits)?;
        Some(finding(evidence, (entry, list), (all, seconds), limits))
    });
    Ok(pairs.collect())
}

/// The list whose rows are as many as this one's calls: the closest.
fn list_of<'a>(window: &'a Window, entry: &Ranked, limits: &InForce<'_>) -> Option<&'a Ranked> {
    let calls = entry.sums.get(Measure::Calls);
    let off = |list: &Ranked| (list.sums.get(Measure::Rows) / calls - 1.0).abs();
    let is_list = |list: &&Ranked| {
        let lists = list.sums.get(Measure::Calls);
        let same_origin = (list.key.userid, list.key.dbid) == (entry.key.userid, entry.key.dbid);
        list.key != entry.key
            && list.key.toplevel
            && same_origin
            && lists >= LISTS
            && calls / lists >= limits.get(&REPEATED_FROM)
            && 100.0 * off(list) <= limits.get(&OFF_BY)
    };
    window.top.iter().filter(is_list).min_by(|a, b| off(a).total_cmp(&off(b)))
}

fn finding(
    evidence: &Statements,
    (entry, list): (&Ranked, &Ranked),
    (all, seconds): (f64, f64),
    limits: &InForce<'_>,
) -> Finding {
    let calls = entry.sums.get(Measure::Calls);
    let lists = list.sums.get(Measure::Calls);
    let who = evidence.role(entry.key.userid);
    let place = evidence.database(entry.key.dbid);
    let message = format!(
        "Role {who} in database {place} runs a statement that returns one row {:.0} times for each call of statement {}: once for each of its rows.",
        calls / lists,
        list.key.queryid
    );
    let numbers = vec![
        number("calls", calls, Unit::Count),
        number("calls per second", calls / seconds, Unit::PerSecond),
        number("share of all calls", 100.0 * calls / all, Unit::Percent),
        number("calls of the list", lists, Unit::Count),
        number("rows of the list", list.sums.get(Measure::Rows), Unit::Count),
    ];
    about(
        &entry.key,
        limits,
        message,
        numbers,
        (ABOUT.remedy, "the two are unrelated and only happen to be as many."),
    )
}
