//! Rule: partitions were not pruned although they hold no matching row.

use model::{About, Limit, Remedy, Unit};

use super::case::{count, evidence};
use super::claims::Claim;
use super::{Case, InForce, Judged, Missing};

/// Members without a row from which it is reported.
const MIN_EMPTY: Limit =
    Limit { name: "min_empty", default: 10.0, unit: Unit::Count, source: "a few cost nothing" };
/// Share of members without a row.
const MIN_EMPTY_PERCENT: Limit = Limit {
    name: "min_empty_percent",
    default: 80.0,
    unit: Unit::Percent,
    source: "most of the work must be wasted",
};

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Partitions not pruned",
    effect: "Each partition is opened, locked and searched.",
    remedy: "Compare the partition key itself with a constant or parameter, without a function or cast around it.",
    docs: "https://www.postgresql.org/docs/current/ddl-partitioning.html#DDL-PARTITION-PRUNING",
    limits: &[MIN_EMPTY, MIN_EMPTY_PERCENT],
};

/// Judges the members of Append that gave no row.
pub fn unpruned_partitions(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    case.analyzed()?;
    let mut found = vec![];
    for (at, node, own) in case.nodes() {
        if !matches!(node.kind.as_str(), "Append" | "Merge Append") || own.cut_short {
            continue;
        }
        let (mut members, mut ms, mut empty) = (0.0, 0.0, vec![]);
        for (place, _) in case.children(at) {
            members += 1.0;
            let Some(child) = case.derived.nodes.get(place) else { continue };
            if child.rows == Some(0.0) && !child.never_executed {
                empty.push(place);
                ms += child.total_ms.unwrap_or(0.0);
            }
        }
        let places: Vec<usize> = empty;
        let empty = places.len() as f64;
        let percent = 100.0 * empty / f64::max(members, 1.0);
        if empty < limits.get(&MIN_EMPTY) || percent < limits.get(&MIN_EMPTY_PERCENT) {
            continue;
        }
        let message = format!(
            "{} searched {} of {} partitions without finding a row.",
            node.name(),
            count(empty),
            count(members)
        );
        let numbers = vec![
            evidence("partitions without a row", empty, Unit::Count),
            evidence("partitions", members, Unit::Count),
        ];
        let remedy = Remedy {
            message: ABOUT.remedy.into(),
            refuted_by: Some("the condition has nothing to do with the partition key.".into()),
            ..Remedy::default()
        };
        let one = case.finding(limits, at, Some(ms), message, numbers, remedy);
        found.push(one.claiming(Claim::Below(places)));
    }
    Ok(found)
}
