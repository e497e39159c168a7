//! Rule: a low cache hit ratio of shared buffers over the last ten minutes.

use model::overview::Overview;
use model::{About, Evidence, Finding, Harm, Known, Limit, Reason, Remedy, Severity, Unit};

use crate::rule::InForce;

/// Below this share of hits the rule warns.
const WARN_BELOW_PERCENT: Limit = Limit {
    name: "warn_below_percent",
    default: 99.0,
    unit: Unit::Percent,
    source: "the usual target for an OLTP server whose working set fits in memory",
};
/// Below this it is critical.
const CRITICAL_BELOW_PERCENT: Limit = Limit {
    name: "critical_below_percent",
    default: 95.0,
    unit: Unit::Percent,
    source: "the common alert rule CacheHitRatioLow",
};
/// For how long it must have been so.
const HELD_FOR_S: Limit = Limit {
    name: "held_for_s",
    default: 600.0,
    unit: Unit::Seconds,
    source: "the common alert rule CacheHitRatioLow: below 95 % for 10 min",
};
/// Below this rate of reads misses do no harm, whatever the share.
const READS_FROM_BYTES_PER_S: Limit = Limit {
    name: "reads_from_bytes_per_s",
    default: 1_048_576.0,
    unit: Unit::BytesPerSecond,
    source: "a share of an idle server says nothing",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "Blocks are read from outside shared buffers",
    effect: "Statements wait for the operating system or the disk for blocks that memory could hold.",
    remedy: "Find the statements that read most blocks; an index or a smaller scan helps more often than more shared_buffers.",
    docs: "https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-SHARED-BUFFERS",
    limits: &[WARN_BELOW_PERCENT, CRITICAL_BELOW_PERCENT, HELD_FOR_S, READS_FROM_BYTES_PER_S],
};

/// Judges the share of hits over the windows of the last ten minutes, weighted by their reads.
pub fn cache_misses(evidence: &Overview, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    evidence.counters.as_ref().map_err(Clone::clone)?;
    let newest = evidence.newest()?.at_ms;
    let from = newest - (limits.get(&HELD_FOR_S) * 1_000.0) as i64;
    let covered = evidence.windows.first().is_some_and(|first| first.at_ms <= from);
    if !covered {
        return Err(Reason::NeedsTwoReadings);
    }
    let (mut percent_sum, mut windows, mut read_sum) = (0.0, 0.0, 0.0);
    for window in evidence.windows.iter().filter(|window| window.at_ms > from) {
        let Some((percent, read)) = window.cache_hit_percent.zip(window.read_bytes_per_s) else {
            continue;
        };
        percent_sum += percent;
        read_sum += read;
        windows += 1.0;
    }
    if windows == 0.0 {
        return Ok(vec![]);
    }
    let (percent, read) = (percent_sum / windows, read_sum / windows);
    let severity = if percent < limits.get(&CRITICAL_BELOW_PERCENT) {
        Severity::Critical
    } else if percent < limits.get(&WARN_BELOW_PERCENT) {
        Severity::Warning
    } else {
        return Ok(vec![]);
    };
    if read < limits.get(&READS_FROM_BYTES_PER_S) {
        return Ok(vec![]);
    }
    Ok(vec![Finding {
        rule: limits.rule(),
        severity,
        object: "shared buffers".into(),
        message: format!("Shared buffers held {percent:.1} % of the blocks asked for in the last ten minutes."),
        evidence: vec![
            Evidence { name: "hits".into(), value: percent, unit: Unit::Percent },
            Evidence { name: "read from outside".into(), value: read, unit: Unit::BytesPerSecond },
        ],
        harm: Harm::Hygiene,
        root: None,
        same_root: Vec::new(),
        remedy: Remedy {
            message: ABOUT.remedy.into(),
            refuted_by: Some("Blocks in the operating system's cache count as misses: track_io_timing shows whether reads take time.".into()),
            ..Remedy::default()
        },
    }])
}
