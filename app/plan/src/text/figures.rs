//! Parses costs and actual figures in brackets behind a node's name, and those of a worker.

use crate::node::{Actual, Cost};

/// Where the figures start in a node line.
pub(crate) fn start(line: &str) -> Option<usize> {
    ["(cost=", "(actual ", "(never executed)"].iter().find_map(|open| line.rfind(open))
}

/// `(cost=0.00..1.01 rows=1 width=4)`.
pub(crate) fn cost(text: &str) -> Option<Cost> {
    let (_, rest) = text.split_once("(cost=")?;
    let own = rest.split_once(')').map_or(rest, |(own, _)| own);
    let (startup, total) = range(own);
    Some(Cost { startup, total, rows: after(own, "rows=")?, width: after(own, "width=")? })
}

/// `actual time=0.01..0.02 rows=1 loops=1`, `actual rows=1 loops=1`, `never executed`.
pub(crate) fn actual(text: &str) -> Option<Actual> {
    if text.contains("(never executed)") {
        return Some(Actual::default());
    }
    let (_, own) = text.split_once("actual ")?;
    let times = own.split_once("time=").map(|(_, times)| range(times));
    let rows = own.split_once("rows=").map_or("", |(_, rows)| rows);
    Some(Actual {
        startup_ms: times.map(|(startup, _)| startup),
        total_ms: times.map(|(_, total)| total),
        rows: number(rows).unwrap_or(0.0),
        fractional_rows: rows.chars().take_while(|c| !c.is_whitespace()).any(|c| c == '.'),
        loops: after(own, "loops=")?,
    })
}

/// The number behind a word.
pub(crate) fn after(text: &str, word: &str) -> Option<f64> {
    number(text.split_once(word)?.1)
}

/// The number a text starts with.
pub(crate) fn number(text: &str) -> Option<f64> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let digits = text.get(..end)?;
    // `0.00..1.01`: the first number ends before the two dots.
    let digits = digits.split("..").next()?.trim_end_matches('.');
    digits.parse().ok()
}

/// Both numbers of `0.00..1.01`.
fn range(text: &str) -> (f64, f64) {
    let first = number(text).unwrap_or(0.0);
    let second = text.split_once("..").and_then(|(_, rest)| number(rest));
    (first, second.unwrap_or(first))
}

/// Where the first of the brackets of figures starts; the length of the line if there are none.
pub(crate) fn start_of_all(line: &str) -> usize {
    start(line).unwrap_or(line.len())
}
