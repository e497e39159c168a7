//! Rule: the planner's row estimate is far off.

use model::quantity::{plural, times};
use model::{About, Limit, Remedy, Unit};

use super::case::{count, evidence};
use super::coarse_brin::is_brin;
use super::conditions::computed_key;
use super::index_proposal::asked;
use super::proposal::{Proposal, Table};
use super::{Case, InForce, Judged, Missing};
use crate::node::Node;

/// How many times off the rows must be.
const MIN_FACTOR: Limit = Limit {
    name: "min_factor",
    default: 10.0,
    unit: Unit::Count,
    source: "pev2 and pgAdmin mark factors from 10",
};
/// The greater of both must be this much, per loop.
const MIN_ROWS: Limit = Limit {
    name: "min_rows",
    default: 1000.0,
    unit: Unit::Count,
    source: "small numbers are off by chance",
};

/// What helps where fresh statistics do not.
const IF_NOT_ENOUGH: &str = "if that does not help, create extended statistics for columns that depend on each other, or raise the statistics target of skewed columns.";

/// A function has no statistics: its estimate is what its definition says, 1000 by default.
const OF_A_FUNCTION: &str = "Say in the function's definition how many rows it gives: ALTER FUNCTION with ROWS and the usual number, or a planner support function where it depends on the arguments.";

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Wrong row estimate",
    effect: "Join order, join method and memory are chosen for the wrong number of rows.",
    remedy: "ANALYZE the table; if that does not help, create extended statistics for columns that depend on each other, or raise the statistics target of skewed columns.",
    docs: "https://www.postgresql.org/docs/current/planner-stats.html",
    limits: &[MIN_FACTOR, MIN_ROWS],
};

/// Judges real against planned rows, at the lowest node where they part.
pub fn row_misestimate(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    case.analyzed()?;
    let mut found = vec![];
    for (at, node, own) in case.nodes() {
        let Some(estimate) = own.estimate.filter(|_| !own.cut_short) else { continue };
        // What a recursion finds in each round is not estimated from any statistics, and BRIN counts pages.
        if node.kind == "WorkTable Scan"
            || (node.kind == "Bitmap Index Scan" && is_brin(case, node.parent.unwrap_or(at)))
        {
            continue;
        }
        let (planned, real) = (
            node.cost.map_or(0.0, |cost| cost.rows),
            node.actual.map_or(0.0, |actual| actual.rows),
        );
        if estimate.factor < limits.get(&MIN_FACTOR) || planned.max(real) < limits.get(&MIN_ROWS) {
            continue;
        }
        // The cause is where it starts: a node whose child is off just as much only passes it on.
        let inherited = case.children(at).take(64).any(|(child, _)| {
            let child = case.derived.nodes.get(child).and_then(|child| child.estimate);
            child.is_some_and(|child| {
                child.factor >= estimate.factor / 3.0 && child.more == estimate.more
            })
        });
        if inherited {
            continue;
        }
        let condition =
            ["Filter", "Index Cond", "Recheck Cond", "Hash Cond", "Merge Cond", "Join Filter"]
                .iter()
                .find_map(|key| node.get(key))
                .unwrap_or_default();
        let cause = if condition.contains(" AND ") {
            "its conditions are assumed to be independent of each other"
        } else if node.kind == "Function Scan" || node.kind == "CTE Scan" {
            "functions and CTEs have no statistics"
        } else {
            "statistics may be old, or the values are skewed"
        };
        let message = format!(
            "{} returned {} per loop where {} were estimated, {} {}; {cause}.",
            node.name(),
            plural(real.round() as i64, "row", "rows"),
            count(planned),
            times(estimate.factor),
            if estimate.more { "more" } else { "fewer" }
        );
        let numbers = vec![
            evidence("rows expected", planned, Unit::Count),
            evidence("rows", real, Unit::Count),
            evidence("factor", estimate.factor, Unit::Count),
        ];
        let table = Table::of_node(node);
        let remedy = Remedy {
            message: match (&table, node.kind.as_str()) {
                (Some(table), _) => format!("ANALYZE {table}; {IF_NOT_ENOUGH}"),
                (None, "Function Scan") => OF_A_FUNCTION.into(),
                (None, _) => ABOUT.remedy.into(),
            },
            lock: table.as_ref().map(|_| "Takes SHARE UPDATE EXCLUSIVE on the table; reads and writes continue.".into()),
            refuted_by: Some(
                "the estimate does not change after ANALYZE: then correlation or skew is the cause.".into(),
            ),
            ..Remedy::default()
        };
        let one = case.finding(limits, at, None, message, numbers, remedy);
        let of_a_function = node.kind == "Function Scan";
        found.push(one.proposing(if of_a_function {
            Proposal::Nothing
        } else {
            Proposal::Analyze(table.filter(|_| is_estimated_by_statistics(case, node)))
        }));
    }
    Ok(found)
}

/// Whether statistics of columns are what a scan's condition is estimated by: of an expression or a
/// subquery ANALYZE tells the planner nothing.
fn is_estimated_by_statistics(case: &Case<'_>, node: &Node) -> bool {
    let asked = asked(case, node, &["Filter", "Index Cond", "Recheck Cond"]);
    asked.complete && computed_key(&asked).is_none()
}
