//! Rule: a nested loop executes its inner side very often.

use model::{About, Limit, Remedy, Unit};

use super::case::{count, evidence};
use super::proposal::Proposal;
use super::setting::Setting;
use super::{Case, InForce, Judged, Missing};
use crate::node::Node;

/// Loops of the inner side from which it is reported.
const MIN_LOOPS: Limit = Limit {
    name: "min_loops",
    default: 1000.0,
    unit: Unit::Count,
    source: "dryrun warns from 100 with a sequential scan inside; index lookups bear more",
};
/// Share of the execution that the inner side must take.
const MIN_SHARE_PERCENT: Limit = Limit {
    name: "min_share_percent",
    default: 20.0,
    unit: Unit::Percent,
    source: "less than a fifth is not the cause",
};

/// Rows that the inner side must have read where nothing was timed.
const MIN_UNTIMED_ROWS: Limit = Limit {
    name: "min_untimed_rows",
    default: 1_000_000.0,
    unit: Unit::Count,
    source: "a million rows take about a tenth of a second; fewer may not matter",
};

/// What the proposed setting is for.
const EXPERIMENT: &str =
    "As an experiment, not as a fix, compare with the plan without nested loops.";

/// How many times more rows than planned the outer side has to give before the choice was a mistake.
const MISJUDGED: f64 = 3.0;
/// What is said of a choice that was made with open eyes.
const AS_EXPECTED: &str = "The planner knew how often it would run and found nothing cheaper: look at what one run costs.";

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Nested loop over many rows",
    effect: "The inner side runs once per row of the outer side.",
    remedy: "Let the planner hash or merge: correct the estimate of the outer side, or index the inner side.",
    docs: "https://www.postgresql.org/docs/current/using-explain.html",
    limits: &[MIN_LOOPS, MIN_SHARE_PERCENT, MIN_UNTIMED_ROWS],
};

/// Judges how often the inner side ran, and what that took.
pub fn nested_loop_over_many_rows(
    case: &Case<'_>,
    limits: &InForce<'_>,
) -> Result<Vec<Judged>, Missing> {
    case.analyzed()?;
    let mut found = vec![];
    for (at, node, own) in case.nodes() {
        let Some(loops) = node.actual.map(|actual| actual.loops) else { continue };
        let above = node.parent.and_then(|above| case.plan.nodes.get(above));
        let inner = node.relationship.as_deref() == Some("Inner")
            && above.is_some_and(|above| above.kind == "Nested Loop");
        if inner && case.is_recursive(at) {
            // Each round joins what the last one found: its loops are those of all rounds together.
            continue;
        }
        let percent = own
            .total_ms
            .zip(case.whole_ms())
            .map_or(0.0, |(ms, whole)| 100.0 * ms / whole.max(0.001));
        if !inner || loops < limits.get(&MIN_LOOPS) {
            continue;
        }
        let handled = case.handled_rows(at);
        let is_much = match case.is_timed() {
            true => percent >= limits.get(&MIN_SHARE_PERCENT),
            false => handled >= limits.get(&MIN_UNTIMED_ROWS),
        };
        if !is_much {
            continue;
        }
        let took = match case.is_timed() {
            true => format!("took {percent:.0} % of the time."),
            false => format!("read {} rows.{}", count(handled), case.untimed()),
        };
        let message =
            format!("{} ran {} times inside a nested loop and {took}", node.name(), count(loops));
        let mut numbers = vec![evidence("loops", loops, Unit::Count)];
        numbers.extend(match own.total_ms {
            Some(ms) => {
                [("time", ms, Unit::Ms), ("share of the execution", percent, Unit::Percent)]
                    .map(|(name, value, unit)| evidence(name, value, unit))
                    .to_vec()
            }
            None => vec![evidence("rows read", handled, Unit::Count)],
        });
        let misjudged = outer_was_underestimated(case, node);
        let remedy = Remedy {
            message: match misjudged {
                true => format!("{} {EXPERIMENT}", ABOUT.remedy),
                false => format!("{AS_EXPECTED} {}", ABOUT.remedy),
            },
            lock: Some(
                "Takes no lock; an experiment for one transaction, to compare the plans.".into(),
            ),
            undo: Some("Undone when the transaction ends.".into()),
            refuted_by: Some("the plan without the nested loop takes longer.".into()),
            ..Remedy::default()
        };
        // The other methods have to read the inner side as well. What the planner chose knowing how often
        // it would run is mostly the best plan there is.
        let saves = own.total_ms.map(|ms| if misjudged { ms / 2.0 } else { 0.0 });
        let proposal = match misjudged {
            true => Proposal::Setting(Setting::off("enable_nestloop")),
            false => Proposal::Nothing,
        };
        let one = case.finding(limits, at, saves, message, numbers, remedy);
        found.push(one.proposing(proposal));
    }
    Ok(found)
}

/// Whether far more rows than planned came from the side that decides how often this one runs.
fn outer_was_underestimated(case: &Case<'_>, inner: &Node) -> bool {
    let outer = inner.parent.and_then(|above| case.first_child(above));
    let estimate = outer.and_then(|(at, _)| case.derived.nodes.get(at)?.estimate);
    estimate.is_some_and(|estimate| estimate.more && estimate.factor >= MISJUDGED)
}
