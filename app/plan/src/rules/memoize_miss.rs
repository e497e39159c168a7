//! Rule: a Memoize node with a low cache hit ratio.

use model::{About, Limit, Remedy, Unit};

use super::case::{count, evidence};
use super::proposal::Proposal;
use super::setting::Setting;
use super::{Case, InForce, Judged, Missing};

/// Cache hit ratio below which the rule fires.
const MAX_HIT_PERCENT: Limit = Limit {
    name: "max_hit_percent",
    default: 20.0,
    unit: Unit::Percent,
    source: "below that keeping costs more than it saves",
};
/// Misses from which it is reported.
const MIN_MISSES: Limit = Limit {
    name: "min_misses",
    default: 1000.0,
    unit: Unit::Count,
    source: "small numbers cost nothing",
};

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Memoize rarely hits",
    effect: "Keys are cached and looked up, but most occur only once.",
    remedy: "Correct the estimate of distinct keys (ANALYZE, n_distinct), or turn enable_memoize off for the statement.",
    docs: "https://www.postgresql.org/docs/current/runtime-config-query.html#GUC-ENABLE-MEMOIZE",
    limits: &[MAX_HIT_PERCENT, MIN_MISSES],
};

/// Judges hits against misses.
pub fn memoize_miss(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    case.analyzed()?;
    let mut found = vec![];
    for (at, node, own) in case.nodes() {
        let (Some(hits), Some(misses)) = (node.number("Cache Hits"), node.number("Cache Misses"))
        else {
            continue;
        };
        let percent = 100.0 * hits / (hits + misses).max(1.0);
        if misses < limits.get(&MIN_MISSES) || percent > limits.get(&MAX_HIT_PERCENT) {
            continue;
        }
        let message = format!(
            "Memoize on {} found {} of {} keys, {percent:.0} %.",
            node.get("Cache Key").unwrap_or_default(),
            count(hits),
            count(hits + misses)
        );
        let numbers =
            vec![evidence("hits", hits, Unit::Count), evidence("misses", misses, Unit::Count)];
        let remedy = Remedy {
            message: ABOUT.remedy.into(),
            lock: Some("Takes no lock; applies to one transaction.".into()),
            undo: Some("Undone when the transaction ends.".into()),
            refuted_by: Some("the statement takes longer without Memoize.".into()),
            ..Remedy::default()
        };
        let proposal = Proposal::Setting(Setting::off("enable_memoize"));
        let one = case.finding(limits, at, own.self_ms, message, numbers, remedy);
        found.push(one.proposing(proposal));
    }
    Ok(found)
}
