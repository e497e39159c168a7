//! Rule: rows are computed only to be skipped by OFFSET.

use model::{About, Limit, Remedy, Unit};

use super::case::{count, evidence};
use super::{Case, InForce, Judged, Missing};

/// Rows skipped from which it is reported.
const MIN_DISCARDED_ROWS: Limit = Limit {
    name: "min_discarded_rows",
    default: 1000.0,
    unit: Unit::Count,
    source: "a few pages cost nothing",
};

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "OFFSET discards rows",
    effect: "Each page costs more than the one before it, because the skipped rows are computed too.",
    remedy: "Use keyset pagination: where (sort columns) > (last values) order by … limit ….",
    docs: "https://www.postgresql.org/docs/current/queries-limit.html",
    limits: &[MIN_DISCARDED_ROWS],
};

/// Judges the rows a Limit got against those it passed on.
pub fn discarded_offset(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    case.analyzed()?;
    let mut found = vec![];
    for (at, node, own) in case.nodes() {
        let Some((child, _)) = case.first_child(at).filter(|_| node.kind == "Limit") else {
            continue;
        };
        let got = case.derived.nodes.get(child).and_then(|child| child.rows).unwrap_or(0.0);
        let gave = own.rows.unwrap_or(0.0);
        if got - gave < limits.get(&MIN_DISCARDED_ROWS) {
            continue;
        }
        let message = format!(
            "The Limit returned {} rows and discarded {} that had been computed.",
            count(gave),
            count(got - gave)
        );
        let numbers = vec![
            evidence("rows discarded", got - gave, Unit::Count),
            evidence("rows returned", gave, Unit::Count),
        ];
        let remedy = Remedy {
            message: ABOUT.remedy.into(),
            refuted_by: Some("pages that deep are never requested.".into()),
            ..Remedy::default()
        };
        let saves = own.total_ms.map(|ms| ms * (got - gave) / got.max(1.0));
        found.push(case.finding(limits, at, saves, message, numbers, remedy));
    }
    Ok(found)
}
