//! Rule: an inverted index reads many blocks for few rows: its pending list, or words that are everywhere.

use model::quantity::plural;
use model::{About, Limit, Unit};

use super::case::{count, evidence};
use super::measured::words;
use super::{Case, InForce, Judged, Missing};
use crate::derive::Counter;

/// Blocks beyond one per row from which it is reported.
const MIN_BLOCKS: Limit = Limit {
    name: "min_blocks",
    default: 250.0,
    unit: Unit::Count,
    source: "half of a full pending list (gin_pending_list_limit, 4 MB)",
};

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "GIN search reads many blocks",
    effect: "New entries wait in an unsorted list that each search reads from end to end.",
    remedy: "Run gin_clean_pending_list() on the index (or VACUUM) and compare: if it helped, vacuum more often, lower gin_pending_list_limit, or set fastupdate off for the index, which makes writing slower. If not, the search asks for values that are in nearly every row: ask for rarer ones.",
    docs: "https://www.postgresql.org/docs/current/gin.html#GIN-FAST-UPDATE",
    limits: &[MIN_BLOCKS],
};

/// Operators that GIN serves and B-tree does not.
const OPERATORS: [&str; 11] =
    [" @> ", " <@ ", " && ", " @@ ", " @? ", " ? ", " ?| ", " ?& ", " ~~ ", " ~~* ", " % "];

/// Judges the blocks of bitmap index scans against their rows.
pub fn gin_pending_list(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    let mut scans = case.nodes().filter(|(_, node, _)| {
        let condition = node.get("Index Cond").unwrap_or_default();
        node.kind == "Bitmap Index Scan" && OPERATORS.iter().any(|own| condition.contains(own))
    });
    let mut found = vec![];
    let Some(first) = scans.next() else { return Ok(found) };
    case.buffers()?;
    for (at, node, own) in std::iter::once(first).chain(scans) {
        let (Some(counters), Some(rows)) = (own.counters, own.rows) else { continue };
        let blocks = counters.get(Counter::SharedHit) + counters.get(Counter::SharedRead);
        if blocks < rows + limits.get(&MIN_BLOCKS) {
            continue;
        }
        let message = format!(
            "{} read {} blocks of the index for {}.",
            node.name(),
            count(blocks),
            plural(rows as i64, "row", "rows")
        );
        let numbers = vec![
            evidence("blocks", blocks, Unit::Count),
            evidence("rows found", rows, Unit::Count),
        ];
        let remedy =
            words(ABOUT.remedy, "the index is GiST, which reads many of its pages by nature.");
        found.push(case.finding(limits, at, own.self_ms, message, numbers, remedy));
    }
    Ok(found)
}
