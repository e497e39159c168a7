//! Checks a tree against the number of inputs of each kind of node, and rebuilds one whose indentation
//! is lost.

use super::rebuild::{Rebuilder, fits};
use crate::arity::inputs;
use crate::node::{Node, Notice, Plan};

/// Gives a plan whose indentation does not tell its tree the one that its kinds of nodes have; says
/// what was done, or what is wrong. `one_column` says that all nodes below the root stand in one,
/// `is_flat` that it is the root's.
pub(super) fn settle(
    plan: &mut Plan,
    rebuilder: Rebuilder,
    one_column: bool,
    is_flat: bool,
) -> Option<Notice> {
    let (more, fewer) = misfits(&plan.nodes);
    let odd = more.or(fewer);
    let is_lost = is_flat || (one_column && odd.is_some()) || (more.is_some() && fewer.is_some());
    let line_of = |at: usize| plan.nodes.get(at).map_or(plan.line, |node| node.lines.0);
    let guess = rebuilder.guessed.map(line_of);
    let line = plan.line;
    let Some(parents) = rebuilder.parents().filter(|_| is_lost) else {
        let odd = line_of(odd?);
        let how = if more.is_some() {
            "cannot stand where it stands, or have what stands below it"
        } else {
            "lacks an input"
        };
        let text = format!(
            "The node of line {odd} {how}: lines or their indentation are lost, and the tree may be wrong."
        );
        return Some(Notice { line: odd, text, doubtful: true });
    };
    // A plan of two levels looks the same with and without indentation.
    if odd.is_none() && plan.nodes.iter().zip(&parents).all(|(node, parent)| node.parent == *parent)
    {
        return None;
    }
    apply(&mut plan.nodes, &parents);
    let mut text = "The indentation of the plan is lost: its tree is rebuilt from how many inputs each kind of node has.".to_owned();
    if let Some(guess) = guess {
        text.push_str(&format!(
            " Which nodes stand below that of line {guess} is a guess by costs and rows."
        ));
    }
    Some(Notice { line, text, doubtful: guess.is_some() })
}

/// Whether nodes have more inputs than their kind, and which is the first that has fewer and was not
/// cut at the end of the plan.
fn misfits(nodes: &[Node]) -> (Option<usize>, Option<usize>) {
    let mut have: Vec<usize> = vec![0; nodes.len()];
    let mut misplaced = None;
    for (at, node) in nodes.iter().enumerate() {
        let Some(parent) = node.parent.filter(|_| node.subplan.is_none()) else { continue };
        if let (Some(count), Some(above)) = (have.get_mut(parent), nodes.get(parent)) {
            if !fits(above, *count, node) && misplaced.is_none() {
                misplaced = Some(at);
            }
            *count = count.saturating_add(1);
        }
    }
    let mut is_last = vec![false; nodes.len()];
    let mut at = nodes.len().checked_sub(1);
    while let Some(open) = at {
        if let Some(flag) = is_last.get_mut(open) {
            *flag = true;
        }
        at = nodes.get(open).and_then(|node| node.parent);
    }
    let (mut more, mut fewer) = (misplaced, None);
    for ((at, node), (count, last)) in nodes.iter().enumerate().zip(have.iter().zip(&is_last)) {
        let Some((least, most)) = inputs(&node.kind) else { continue };
        if *count > most && more.is_none() {
            more = Some(at);
        }
        if *count < least && !last && fewer.is_none() {
            fewer = Some(at);
        }
    }
    (more, fewer)
}

/// Gives nodes new parents: their depths and relationships follow.
fn apply(nodes: &mut [Node], parents: &[Option<usize>]) {
    let mut have: Vec<usize> = vec![0; nodes.len()];
    let mut above: Vec<(usize, String)> = Vec::with_capacity(nodes.len());
    for (node, parent) in nodes.iter_mut().zip(parents) {
        node.parent = *parent;
        let (depth, kind) = parent
            .and_then(|parent| above.get(parent))
            .map_or((0, String::new()), |(depth, kind)| (depth.saturating_add(1), kind.clone()));
        node.depth = depth;
        if let Some(parent) = parent {
            let count = have.get_mut(*parent).map_or(0, |count| {
                *count = count.saturating_add(usize::from(node.subplan.is_none()));
                *count
            });
            node.relationship = Some(relationship(&kind, node.subplan.as_deref(), count).into());
        }
        above.push((depth, node.kind.clone()));
    }
}

/// What a node is to its parent, as EXPLAIN's JSON says it; `count` counts inputs, with this one.
pub(super) fn relationship(parent: &str, subplan: Option<&str>, count: usize) -> &'static str {
    match (subplan, parent) {
        (Some(label), _) if label.starts_with("SubPlan") => "SubPlan",
        (Some(_), _) => "InitPlan",
        (None, "Append" | "Merge Append" | "BitmapAnd" | "BitmapOr" | "Custom Scan") => "Member",
        (None, "Subquery Scan") => "Subquery",
        _ if count > 1 => "Inner",
        _ => "Outer",
    }
}
