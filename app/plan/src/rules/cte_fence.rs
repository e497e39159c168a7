//! Rule: a materialised CTE computes far more rows than are read from it.

use model::{About, Limit, Remedy, Unit};

use super::case::{count, evidence};
use super::{Case, InForce, Judged, Missing};
use crate::node::Node;

/// Rows removed from which it is reported.
const MIN_REMOVED_ROWS: Limit = Limit {
    name: "min_removed_rows",
    default: 1000.0,
    unit: Unit::Count,
    source: "small CTEs cost nothing",
};
/// Share of rows removed.
const MIN_REMOVED_PERCENT: Limit = Limit {
    name: "min_removed_percent",
    default: 90.0,
    unit: Unit::Percent,
    source: "from here the CTE computes ten times too much",
};

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "CTE computes rows that are discarded",
    effect: "A materialized CTE is computed as written: conditions outside it are applied too late.",
    remedy: "Write NOT MATERIALIZED (PostgreSQL 12), or move the condition into the CTE.",
    docs: "https://www.postgresql.org/docs/current/queries-with.html#QUERIES-WITH-CTE-MATERIALIZATION",
    limits: &[MIN_REMOVED_ROWS, MIN_REMOVED_PERCENT],
};

/// Judges the rows that CTE scans filter away.
pub fn cte_fence(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    case.analyzed()?;
    let mut found = vec![];
    for (at, node, own) in case.nodes() {
        let (Some(removed), Some(rows)) = (own.removed_rows, own.rows) else { continue };
        let percent = 100.0 * removed / (removed + rows).max(1.0);
        if node.kind != "CTE Scan"
            || is_recursive(case, node)
            || removed < limits.get(&MIN_REMOVED_ROWS)
            || percent < limits.get(&MIN_REMOVED_PERCENT)
        {
            continue;
        }
        let message = format!(
            "{} discards {} of {} rows by {}.",
            node.name(),
            count(removed),
            count(removed + rows),
            node.get("Filter").unwrap_or_default()
        );
        let numbers = vec![
            evidence("rows removed", removed, Unit::Count),
            evidence("rows kept", rows, Unit::Count),
        ];
        let remedy = Remedy {
            message: ABOUT.remedy.into(),
            refuted_by: Some("the CTE is read several times or changes data.".into()),
            ..Remedy::default()
        };
        let saves = own.total_ms.map(|ms| ms * percent / 100.0);
        found.push(case.finding(limits, at, saves, message, numbers, remedy));
    }
    Ok(found)
}

/// Whether the CTE that a node scans is recursive: those are always computed as written.
pub(super) fn is_recursive(case: &Case<'_>, scan: &Node) -> bool {
    let name = scan.get("CTE Name").map(|name| format!("CTE {name}"));
    case.plan.nodes.iter().any(|node| {
        node.kind == "Recursive Union" && node.subplan.is_some() && node.subplan == name
    })
}
