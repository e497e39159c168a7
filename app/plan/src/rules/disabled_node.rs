//! A node that is switched off and used all the same.

use model::{About, Limit, Remedy, Unit};

use super::support::{evidence, name};
use super::{Case, InForce, Judged, Missing};

/// Cost that only a disabled node has.
const PENALTY_COST: Limit = Limit {
    name: "penalty_cost",
    default: 10000000000.0,
    unit: Unit::Count,
    source: "disable_cost before PostgreSQL 18",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "Disabled node",
    effect: "An enable_… setting is off, and the planner found no other way.",
    remedy: "Turn the setting on again: it does not do what was meant.",
    docs: "https://www.postgresql.org/docs/current/runtime-config-query.html#RUNTIME-CONFIG-QUERY-ENABLE",
    limits: &[PENALTY_COST],
};

/// Judges nodes marked as disabled, or with the penalty that older majors add to the cost.
pub fn disabled_node(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    let mut found = vec![];
    for (at, node, own) in case.nodes() {
        let penalty = limits.get(&PENALTY_COST);
        let by_cost = node.cost.is_some_and(|cost| cost.total >= penalty)
            && own.self_cost.is_some_and(|cost| cost >= penalty);
        if !node.is("Disabled") && !by_cost {
            continue;
        }
        // In PostgreSQL 18 a node is marked when one below it is; the lowest is the one.
        if case.children(at).take(64).any(|(_, child)| child.is("Disabled")) {
            continue;
        }
        let setting = match node.kind.as_str() {
            "Seq Scan" => "enable_seqscan",
            "Index Scan" => "enable_indexscan",
            "Index Only Scan" => "enable_indexonlyscan",
            "Bitmap Heap Scan" => "enable_bitmapscan",
            "Nested Loop" => "enable_nestloop",
            "Hash Join" => "enable_hashjoin",
            "Merge Join" => "enable_mergejoin",
            "Sort" => "enable_sort",
            _ => "an enable_… setting",
        };
        let says = format!("{} is used although {setting} is off.", name(node));
        let numbers = vec![evidence("cost", node.cost.map_or(0.0, |cost| cost.total), Unit::Count)];
        let remedy = Remedy {
            says: ABOUT.remedy.into(),
            sql: setting.starts_with("enable_").then(|| format!("reset {setting};")),
            lock: Some("None.".into()),
            undo: None,
            refuted_by: Some("It was switched off on purpose, to compare plans.".into()),
        };
        found.push(case.finding(limits, at, None, says, numbers, remedy));
    }
    Ok(found)
}
