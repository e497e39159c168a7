//! Rule: a node type is disabled by an `enable_…` setting and used nevertheless.

use model::{About, Limit, Remedy, Unit};

use super::case::evidence;
use super::proposal::Proposal;
use super::setting::{Scope, Setting, SettingValue};
use super::{Case, InForce, Judged, Missing};

/// Cost that only a disabled node has.
const PENALTY_COST: Limit = Limit {
    name: "penalty_cost",
    default: 10000000000.0,
    unit: Unit::Count,
    source: "disable_cost before PostgreSQL 18",
};

/// What a node with the penalty costs besides, as a share of it.
const MOST_BESIDE: f64 = 0.05;

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Disabled node",
    effect: "An enable_… setting is off, and the planner found no other way.",
    remedy: "Turn the setting on again: it does not have the intended effect.",
    docs: "https://www.postgresql.org/docs/current/runtime-config-query.html#RUNTIME-CONFIG-QUERY-ENABLE",
    limits: &[PENALTY_COST],
};

/// Judges nodes marked as disabled, or with the penalty that older majors add to the cost.
pub fn disabled_node(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    let mut found = vec![];
    for (at, node, own) in case.nodes() {
        let penalty = limits.get(&PENALTY_COST);
        // The penalty is added once to a node, or once for each of its children: what the node costs
        // besides is small beside it. A subplan that runs for every row costs as much by itself.
        let penalties = own.self_cost.unwrap_or(0.0) / penalty;
        let by_cost = node.cost.is_some_and(|cost| cost.total >= penalty)
            && penalties >= 1.0
            && penalties.fract() < MOST_BESIDE
            && case.children(at).all(|(_, child)| child.subplan.is_none());
        if !node.is("Disabled") && !by_cost {
            continue;
        }
        // In PostgreSQL 18 a node is marked when one below it is; the lowest is the one.
        if case.children(at).take(64).any(|(_, child)| child.is("Disabled")) {
            continue;
        }
        let setting = match node.kind.as_str() {
            "Seq Scan" => Some("enable_seqscan"),
            "Index Scan" => Some("enable_indexscan"),
            "Index Only Scan" => Some("enable_indexonlyscan"),
            "Bitmap Heap Scan" => Some("enable_bitmapscan"),
            "Nested Loop" => Some("enable_nestloop"),
            "Hash Join" => Some("enable_hashjoin"),
            "Merge Join" => Some("enable_mergejoin"),
            "Sort" => Some("enable_sort"),
            "Incremental Sort" => Some("enable_incremental_sort"),
            "Tid Scan" => Some("enable_tidscan"),
            "Memoize" => Some("enable_memoize"),
            "Materialize" => Some("enable_material"),
            "Gather Merge" => Some("enable_gathermerge"),
            "Aggregate" if node.get("Strategy").is_some_and(|own| own == "Hashed") => {
                Some("enable_hashagg")
            }
            _ => None,
        };
        let message = format!(
            "{} is used although {} is off.",
            node.name(),
            setting.unwrap_or("an enable_… setting")
        );
        let numbers = vec![evidence("cost", node.cost.map_or(0.0, |cost| cost.total), Unit::Count)];
        let remedy = Remedy {
            message: ABOUT.remedy.into(),
            lock: Some("Takes no lock.".into()),
            refuted_by: Some("it was switched off on purpose, to compare plans.".into()),
            ..Remedy::default()
        };
        let reset = |name| {
            Proposal::Setting(Setting { scope: Scope::Session, name, value: SettingValue::Default })
        };
        let one = case.finding(limits, at, None, message, numbers, remedy);
        found.push(one.proposing(setting.map_or(Proposal::Nothing, reset)));
    }
    Ok(found)
}
