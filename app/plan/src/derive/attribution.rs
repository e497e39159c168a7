//! Time attribution: the nodes whose total time includes a node's time.
//!
//! Mostly its parent; but a CTE runs within the scans that read it, and an InitPlan within the node
//! that first asks for its value, wherever they are printed.

use std::collections::HashMap;

use super::Shape;
use crate::node::{Node, Plan};

/// How many places are tried for one subplan, so that a hostile plan takes linear time.
const MAX_TRIES: usize = 64;

/// The nodes to which a node's time may be charged.
pub(super) enum Payers {
    /// None: the root.
    Root,
    /// Its parent, all of it.
    Parent(usize),
    /// The scans of a CTE, each a part.
    Scans(Vec<usize>),
    /// One of the nodes that refer to an InitPlan; the owner is the last.
    OneOf(Vec<usize>),
}

/// Finds the payers of all nodes.
pub(super) fn find(plan: &Plan, shape: &Shape, steps: &mut usize) -> Vec<Payers> {
    let references = References::of(plan, steps);
    let mut payers: Vec<Payers> = Vec::with_capacity(plan.nodes.len());
    let mut scans = scans_of(plan, shape);
    for (at, node) in plan.nodes.iter().enumerate() {
        let Some(parent) = node.parent else {
            payers.push(Payers::Root);
            continue;
        };
        let subplan = node.subplan.as_deref().unwrap_or_default();
        payers.push(if subplan.starts_with("CTE ") {
            // A data-modifying CTE that is not read runs when the rest is done.
            let alone = if node.kind == "ModifyTable" {
                Payers::Scans(vec![])
            } else {
                Payers::Parent(parent)
            };
            scans.remove(&at).map_or(alone, Payers::Scans)
        } else if subplan.starts_with("InitPlan") {
            let mut found: Vec<usize> = references
                .to(node)
                .filter(|user| shape.within(*user, parent) && !shape.within(*user, at))
                .map(|user| gather_of(plan, shape, user, at))
                .collect();
            *steps = steps.saturating_add(found.len());
            found.push(parent);
            found.dedup();
            Payers::OneOf(found)
        } else {
            Payers::Parent(parent)
        });
    }
    payers
}

/// The Gather above a user within a parallel part: it computes InitPlans before workers start.
fn gather_of(plan: &Plan, shape: &Shape, user: usize, initplan: usize) -> usize {
    let region = shape.region.get(user).copied().flatten();
    let same = region == shape.region.get(initplan).copied().flatten();
    let gather = region.and_then(|root| plan.nodes.get(root)).and_then(|root| root.parent);
    gather.filter(|_| !same).unwrap_or(user)
}

/// The scans of each CTE, by the place of the CTE. A name belongs to the innermost CTE in sight.
fn scans_of(plan: &Plan, shape: &Shape) -> HashMap<usize, Vec<usize>> {
    let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, node) in plan.nodes.iter().enumerate() {
        if let Some(name) = node.subplan.as_deref().and_then(|name| name.strip_prefix("CTE ")) {
            by_name.entry(name).or_default().push(at);
        }
    }
    let mut scans: HashMap<usize, Vec<usize>> = HashMap::new();
    for (at, node) in plan.nodes.iter().enumerate().filter(|(_, node)| node.kind == "CTE Scan") {
        let Some(name) = node.get("CTE Name") else { continue };
        let Some(ctes) = by_name.get(name.as_ref()) else { continue };
        let in_sight = |cte: &&usize| {
            let owner = plan.nodes.get(**cte).and_then(|cte| cte.parent);
            owner.is_some_and(|owner| shape.within(at, owner)) && !shape.within(at, **cte)
        };
        // A CTE is printed before the nodes that read it, but an owner may hold it further down.
        let before = ctes.partition_point(|cte| *cte < at);
        let cte = ctes.iter().take(before).rev().take(MAX_TRIES).find(in_sight);
        let cte = cte.or_else(|| ctes.iter().skip(before).take(MAX_TRIES).find(in_sight));
        if let Some(cte) = cte {
            scans.entry(*cte).or_default().push(at);
        }
    }
    scans
}

/// Which nodes mention which parameter: `$0`, `InitPlan 1` from PostgreSQL 17, `InitPlan expr_1` from 19.
struct References(HashMap<String, Vec<usize>>);

impl References {
    fn of(plan: &Plan, steps: &mut usize) -> Self {
        let mut found: HashMap<String, Vec<usize>> = HashMap::new();
        if !plan.nodes.iter().any(is_init) {
            return Self(found);
        }
        for (at, node) in plan.nodes.iter().enumerate() {
            for prop in &node.props {
                let text = prop.value.text();
                *steps = steps.saturating_add(1);
                for name in mentions(&text) {
                    let users = found.entry(name).or_default();
                    if users.last() != Some(&at) {
                        users.push(at);
                    }
                }
            }
        }
        Self(found)
    }

    /// The nodes that mention what an InitPlan yields.
    fn to(&self, node: &Node) -> impl Iterator<Item = usize> {
        let name = node.subplan.as_deref().unwrap_or_default();
        let plain = name.split_once(" (").map_or(name, |(plain, _)| plain).to_owned();
        let names = mentions(name).chain([plain]);
        let mut users: Vec<usize> = names
            .filter_map(|name| self.0.get(&name))
            .flat_map(|users| users.iter().copied().take(MAX_TRIES))
            .collect();
        users.sort_unstable();
        users.dedup();
        users.into_iter()
    }
}

fn is_init(node: &Node) -> bool {
    node.subplan.as_deref().is_some_and(|name| name.starts_with("InitPlan"))
}

/// `$12`, `InitPlan 12` and, from PostgreSQL 19, `InitPlan expr_12` in a text, whole: `$1` is not in `$12`.
fn mentions(text: &str) -> impl Iterator<Item = String> {
    let digits = |text: &str| -> String { text.chars().take_while(char::is_ascii_digit).collect() };
    let dollars = text.split('$').skip(1).map(move |rest| (format!("${}", digits(rest)), 1));
    let word = |text: &str| -> String {
        text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
    };
    let inits =
        text.split("InitPlan ").skip(1).map(move |rest| (format!("InitPlan {}", word(rest)), 9));
    dollars.chain(inits).filter(|(name, bare)| name.len() > *bare).map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initplan_ten_is_not_initplan_one() {
        let found: Vec<_> = mentions("(a = $10) AND b < (InitPlan 10).col1").collect();
        assert_eq!(found, ["$10", "InitPlan 10"]);
        let found: Vec<_> = mentions("(a = (InitPlan expr_10).col1) AND b").collect();
        assert_eq!(found, ["InitPlan expr_10"]);
    }
}
