//! Rule: an index gives candidates, and most of them do not match when the rows are tested again.

use model::{About, Limit, Unit};

use super::case::{count, evidence};
use super::measured::words;
use super::{Case, InForce, Judged, Missing};

/// Rows removed by the recheck from which it is reported.
const MIN_REMOVED_ROWS: Limit = Limit {
    name: "min_removed_rows",
    default: 1000.0,
    unit: Unit::Count,
    source: "each is a random read at worst",
};
/// Share of rows removed.
const MIN_REMOVED_PERCENT: Limit = Limit {
    name: "min_removed_percent",
    default: 50.0,
    unit: Unit::Percent,
    source: "more candidates are fetched in vain than match",
};

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Index finds rows that do not match",
    effect: "The index holds a digest of the values (trigrams, lexemes, paths, signatures): each candidate is fetched from the table and tested again.",
    remedy: "Ask for more of what the index holds, or build one that tells more.",
    docs: "https://www.postgresql.org/docs/current/gin.html",
    limits: &[MIN_REMOVED_ROWS, MIN_REMOVED_PERCENT],
};

const TRIGRAMS: &str = "Trigrams of short or common pieces say little: search for longer ones, or add a condition that selects and put its column into the index (btree_gin). similarity and regular expressions are always tested again.";
const DOCUMENTS: &str = "The index holds values and keys, not where they stand: jsonb_path_ops tells keys and values together for @>, a condition on one key is served by a B-tree on (document ->> 'key'), and phrases or weights of full text are always tested again.";
const SIGNATURES: &str = "GiST keeps signatures or boxes: a longer signature (siglen, from PostgreSQL 13), or GIN where there is one for these operators, gives fewer false candidates.";

/// Judges the rows removed by a recheck where the bitmap names each row.
pub fn inexact_index(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    let rechecks =
        |kind: &str| matches!(kind, "Bitmap Heap Scan" | "Index Scan" | "Index Only Scan");
    if !case.nodes().any(|(_, node, _)| rechecks(&node.kind)) {
        return Ok(vec![]);
    }
    case.analyzed()?;
    let mut found = vec![];
    for (at, node, own) in case.nodes().filter(|(_, node, _)| rechecks(&node.kind)) {
        let loops = node.actual.map_or(0.0, |actual| actual.loops);
        let removed = node.number("Rows Removed by Index Recheck").unwrap_or(0.0) * loops;
        let rows = own.rows.unwrap_or(0.0);
        let percent = 100.0 * removed / (removed + rows).max(1.0);
        // Pages without row positions have causes of their own: memory, or BRIN.
        if node.number("Lossy Heap Blocks").unwrap_or(0.0) > 0.0
            || removed < limits.get(&MIN_REMOVED_ROWS)
            || percent < limits.get(&MIN_REMOVED_PERCENT)
        {
            continue;
        }
        let condition = node.get("Recheck Cond").or(node.get("Index Cond")).unwrap_or_default();
        let message = format!(
            "{} found {} candidates by {condition}, of which {} matched.",
            node.name(),
            count(removed + rows),
            count(rows)
        );
        let numbers = vec![
            evidence("candidates removed", removed, Unit::Count),
            evidence("rows kept", rows, Unit::Count),
        ];
        let has = |operators: &[&str]| {
            operators.iter().any(|operator| condition.contains(&format!(" {operator} ")))
        };
        let advice = if has(&["~~", "~~*", "~", "~*", "%", "<%", "%>"]) {
            TRIGRAMS
        } else if has(&["@@", "@>", "?", "?|", "?&", "@?"]) {
            DOCUMENTS
        } else {
            SIGNATURES
        };
        let remedy = words(advice, "the next call asks for a rarer value.");
        let saves = own.self_ms.map(|ms| ms * percent / 100.0);
        found.push(case.finding(limits, at, saves, message, numbers, remedy));
    }
    Ok(found)
}
