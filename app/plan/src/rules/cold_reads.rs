//! Rule: most of the execution time is I/O, reading blocks that were not in shared buffers.

use model::{About, Limit, Remedy, Unit};

use super::case::{count, evidence};
use super::claims::Claim;
use super::{Case, InForce, Judged, Missing};
use crate::derive::Counter;

/// Share of the execution spent on reading from which it is reported.
const MIN_SHARE_PERCENT: Limit = Limit {
    name: "min_share_percent",
    default: 50.0,
    unit: Unit::Percent,
    source: "more than everything else together",
};
/// Milliseconds of reading from which it is reported.
const MIN_MS: Limit =
    Limit { name: "min_ms", default: 10.0, unit: Unit::Ms, source: "less is not noticed" };

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Blocks read from storage",
    effect: "The statement waits for storage. A second run may be many times faster, and slow again tomorrow.",
    remedy: "Read less: an index that fits, fewer columns in a covering index, partitions; or let more fit into memory. Measure again with a warm cache before judging anything else in this plan.",
    docs: "https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-SHARED-BUFFERS",
    limits: &[MIN_SHARE_PERCENT, MIN_MS],
};

/// Judges the time of reading of the node that read longest.
pub fn cold_reads(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    case.analyzed()?;
    let read_ms = |own: &crate::derive::DerivedNode| {
        own.counters.map_or(0.0, |counters| counters.get(Counter::IoRead)) / own.processes.max(1.0)
    };
    let all: f64 = case.derived.nodes.iter().map(read_ms).sum();
    let timed = case
        .plan
        .nodes
        .iter()
        .any(|node| node.props.iter().any(|prop| prop.key.ends_with("I/O Read Time")));
    let reads =
        case.derived.nodes.iter().any(|own| {
            own.counters.is_some_and(|counters| counters.get(Counter::SharedRead) > 0.0)
        });
    case.buffers()?;
    if !timed && reads {
        return Err(Missing { option: "track_io_timing".into() });
    }
    let whole = case.whole_ms().unwrap_or(0.0);
    let percent = 100.0 * all / whole.max(0.001);
    if all < limits.get(&MIN_MS) || percent < limits.get(&MIN_SHARE_PERCENT) {
        return Ok(vec![]);
    }
    let worst = case.nodes().max_by(|(_, _, a), (_, _, b)| read_ms(a).total_cmp(&read_ms(b)));
    let Some((at, node, own)) = worst else { return Ok(vec![]) };
    let blocks = own.counters.map_or(0.0, |counters| counters.get(Counter::SharedRead));
    let message = format!(
        "{percent:.0} % of the time was spent reading blocks from outside shared buffers, most of it by {} ({} blocks).",
        node.name(),
        count(blocks)
    );
    let numbers = vec![
        evidence("read time", all, Unit::Ms),
        evidence("share of the execution", percent, Unit::Percent),
        evidence("blocks read there", blocks, Unit::Count),
    ];
    let remedy = Remedy {
        message: ABOUT.remedy.into(),
        refuted_by: Some(
            "a second run right after it is just as slow: then the table does not fit into memory."
                .into(),
        ),
        ..Remedy::default()
    };
    let one = case.finding(limits, at, Some(all), message, numbers, remedy);
    Ok(vec![
        one.claiming(Claim::Own(case.nodes().map(|(at, _, own)| (at, read_ms(own))).collect())),
    ])
}
