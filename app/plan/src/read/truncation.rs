//! Detects truncated plans: a join without its second input was cut off, whatever the format.

use crate::arity;
use crate::node::{ParseError, Plan};

/// Marks a plan as cut where its last branch lacks what its nodes cannot be without.
pub(super) fn check(plan: &mut Plan) {
    if plan.broken.is_some() {
        return;
    }
    let mut children: Vec<usize> = vec![0; plan.nodes.len()];
    for node in plan.nodes.iter().filter(|node| node.subplan.is_none()) {
        if let Some(count) = node.parent.and_then(|parent| children.get_mut(parent)) {
            *count = count.saturating_add(1);
        }
    }
    // A line that ends within the name of its node: all others have figures.
    let figures = |node: &crate::node::Node| node.cost.is_some() || node.actual.is_some();
    if let (Some(first), Some(end)) = (plan.nodes.first(), plan.nodes.last())
        && figures(first)
        && !figures(end)
        && !end.is_heading()
    {
        plan.broken = Some(ParseError {
            line: end.lines.1,
            column: 1,
            expected: "a node with its figures".into(),
        });
        return;
    }
    // Only what is still open at the end can have been cut.
    let Some(last) = plan.nodes.len().checked_sub(1) else { return };
    let up = std::iter::successors(Some(last), |at| plan.nodes.get(*at)?.parent);
    let cut = up
        .filter_map(|at| Some((plan.nodes.get(at)?, *children.get(at)?)))
        .find(|(node, count)| *count < arity::least(&node.kind));
    let Some((node, count)) = cut else { return };
    let which = if count == 0 { "what stands beneath" } else { "the second input of" };
    let end = plan.nodes.last().map_or(plan.line, |node| node.lines.1);
    plan.broken = Some(ParseError {
        line: end.saturating_add(1),
        column: 1,
        expected: format!("{which} the {} of line {}", node.title(), node.lines.0),
    });
}
