//! Rule: a scan waited for most of its reads: storage, or the reading ahead, does not keep up.

use model::{About, Limit, Unit};

use super::case::{count, evidence};
use super::measured::words;
use super::{Case, InForce, Judged, Missing};
use crate::derive::Counter;

/// Waits from which it is reported.
const MIN_WAITS: Limit = Limit {
    name: "min_waits",
    default: 100.0,
    unit: Unit::Count,
    source: "10 ms at 0.1 ms for a read of flash",
};
/// Share of the reads that were waited for.
const MIN_WAIT_PERCENT: Limit = Limit {
    name: "min_wait_percent",
    default: 50.0,
    unit: Unit::Percent,
    source: "reading ahead is there to make waits the exception",
};

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Reads are waited for",
    effect: "Blocks were asked for ahead of their use, and still the scan waited for most of them.",
    remedy: "Read ahead further: effective_io_concurrency (maintenance_io_concurrency for maintenance) for this session or tablespace, more io_workers with io_method = worker, larger io_combine_limit; where storage itself is the limit, read less or keep more in memory.",
    docs: "https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-EFFECTIVE-IO-CONCURRENCY",
    limits: &[MIN_WAITS, MIN_WAIT_PERCENT],
};

/// Judges waits against reads, as EXPLAIN (IO) prints them from PostgreSQL 19.
pub fn io_waits(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    case.analyzed()?;
    let (mut found, mut told) = (vec![], false);
    for (at, node, own) in case.nodes() {
        told |= node.get("Average Prefetch Distance").is_some();
        let (Some(reads), Some(waits)) = (node.number("I/O Count"), node.number("I/O Waits"))
        else {
            continue;
        };
        let percent = 100.0 * waits / reads.max(1.0);
        if waits < limits.get(&MIN_WAITS) || percent < limits.get(&MIN_WAIT_PERCENT) {
            continue;
        }
        let distance = node.number("Average Prefetch Distance").unwrap_or(0.0);
        let message = format!(
            "{} waited for {} of its {} reads, {percent:.0} %; on average {distance:.1} blocks were asked for ahead.",
            node.name(),
            count(waits),
            count(reads)
        );
        let numbers = vec![
            evidence("waits", waits, Unit::Count),
            evidence("reads", reads, Unit::Count),
            evidence("blocks ahead", distance, Unit::Count),
        ];
        let remedy = words(ABOUT.remedy, "the blocks are in memory the next time.");
        // What waiting took is known with track_io_timing.
        let read_ms = own.counters.map(|own| own.get(Counter::IoRead)).filter(|ms| *ms > 0.0);
        let saves = own.self_ms.zip(read_ms).map(|(ms, read)| ms.min(read));
        found.push(case.finding(limits, at, saves, message, numbers, remedy));
    }
    let reads = case
        .derived
        .nodes
        .iter()
        .any(|own| own.counters.is_none_or(|own| own.get(Counter::SharedRead) > 0.0));
    if !told && reads {
        return Err(Missing { option: "IO".into() });
    }
    Ok(found)
}
