//! Rule: a sequential scan on cached data, chosen because random_page_cost makes an index look
//! expensive.

use model::{About, Limit, Remedy, Unit};

use super::case::{count, evidence};
use super::index_proposal::{asked, index_columns};
use super::proposal::Proposal;
use super::setting::{Scope, Setting, SettingValue};
use super::{Case, InForce, Judged, Missing};
use crate::derive::Counter;

/// Blocks found in memory from which it is reported.
const MIN_HIT_BLOCKS: Limit = Limit {
    name: "min_hit_blocks",
    default: 1000.0,
    unit: Unit::Count,
    source: "8 MB; smaller tables are read at once anyway",
};
/// Share of rows kept up to which an index in memory is faster.
const MAX_KEPT_PERCENT: Limit = Limit {
    name: "max_kept_percent",
    default: 20.0,
    unit: Unit::Percent,
    source: "with pages in memory an index pays up to about a fifth of the rows",
};
/// Ratio of both page costs from which random reads are thought dear.
const MIN_RATIO: Limit = Limit {
    name: "min_ratio",
    default: 2.0,
    unit: Unit::Count,
    source: "the default of 4 is for spinning disks; 1.1 is usual for flash and memory",
};

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "random_page_cost is too high",
    effect: "The planner charges the cost of a spinning disk for every block an index would read, although the blocks are in memory.",
    remedy: "Set random_page_cost near seq_page_cost where data is on flash or in memory, and see whether the plan changes.",
    docs: "https://www.postgresql.org/docs/current/runtime-config-query.html#GUC-RANDOM-PAGE-COST",
    limits: &[MIN_HIT_BLOCKS, MAX_KEPT_PERCENT, MIN_RATIO],
};

/// Judges sequential scans that found every block in memory and kept few rows.
pub fn random_page_cost(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    case.analyzed()?;
    if case.derived.nodes.iter().all(|own| own.counters.is_none()) {
        return Err(Missing { option: "BUFFERS".into() });
    }
    // Where SETTINGS prints nothing it may not have been asked for, and what is in force is not known.
    let known = |name: &str| case.setting(name).and_then(|value| value.parse::<f64>().ok());
    if known("random_page_cost").is_none() && case.plan.settings().next().is_none() {
        return Err(Missing { option: "SETTINGS".into() });
    }
    // SETTINGS prints what differs from the defaults, 4 and 1.
    let random = known("random_page_cost").unwrap_or(4.0);
    let sequential = known("seq_page_cost").unwrap_or(1.0);
    let mut found = vec![];
    if random < sequential * limits.get(&MIN_RATIO) {
        return Ok(found);
    }
    for (at, node, own) in case.nodes().filter(|(_, node, _)| node.kind == "Seq Scan") {
        let (Some(counters), Some(rows), Some(removed)) =
            (own.counters, own.rows, own.removed_rows)
        else {
            continue;
        };
        let (hit, read) = (counters.get(Counter::SharedHit), counters.get(Counter::SharedRead));
        let kept = 100.0 * rows / (rows + removed).max(1.0);
        let columns = index_columns(&asked(case, node, &["Filter"]));
        let (Some(columns), true) = (columns, read == 0.0 && hit >= limits.get(&MIN_HIT_BLOCKS))
        else {
            continue;
        };
        if kept > limits.get(&MAX_KEPT_PERCENT)
            || columns.first().is_some_and(|first| case.has_no_index(node, first))
        {
            continue;
        }
        let message = format!(
            "{} found all {} blocks in memory and kept {kept:.1} % of the rows; random_page_cost = {random} makes an index on {} look more expensive than it is.",
            node.name(),
            count(hit),
            columns.join(", ")
        );
        let numbers = vec![
            evidence("blocks in memory", hit, Unit::Count),
            evidence("share kept", kept, Unit::Percent),
            evidence("random_page_cost", random, Unit::Count),
        ];
        let remedy = Remedy {
            message: ABOUT.remedy.into(),
            lock: Some("Takes no lock; applies to the session.".into()),
            undo: Some("reset random_page_cost;".into()),
            refuted_by: Some("there is no index on these columns, or the plan with it is slower when the cache is cold.".into()),
            ..Remedy::default()
        };
        let saves = own.self_ms.map(|ms| ms * (100.0 - kept) / 100.0);
        let lowered = Setting {
            scope: Scope::Session,
            name: "random_page_cost",
            value: SettingValue::Number(1.1),
        };
        let one = case.finding(limits, at, saves, message, numbers, remedy);
        found.push(one.proposing(Proposal::Setting(lowered)));
    }
    Ok(found)
}
