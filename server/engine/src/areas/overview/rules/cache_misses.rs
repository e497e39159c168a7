//! Rule: sessions spend time reading blocks that shared buffers did not hold.

use model::overview::{Overview, Window};
use model::{About, Evidence, Finding, Harm, Known, Limit, Reason, Remedy, Severity, Unit};

use crate::rule::InForce;

/// Below this share of hits the rule looks at the time lost.
const BELOW_PERCENT: Limit = Limit {
    name: "below_percent",
    default: 99.0,
    unit: Unit::Percent,
    source: "the usual target for an OLTP server whose working set fits in memory",
};
/// Over how long it is judged.
const HELD_FOR_S: Limit = Limit {
    name: "held_for_s",
    default: 600.0,
    unit: Unit::Seconds,
    source: "the common alert rule CacheHitRatioLow looks at 10 min",
};
/// Time that all sessions together spend reading, per second, from which it is worth knowing.
const READ_TIME_FROM_MS_PER_S: Limit = Limit {
    name: "read_time_from_ms_per_s",
    default: 100.0,
    unit: Unit::Ms,
    source: "a tenth of a session does nothing but read; less is not worth investigating",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "Time is lost reading blocks",
    effect: "Statements wait for the operating system or the disk to deliver blocks that could be in memory.",
    remedy: "Find the statements that read the most blocks; an index or a smaller scan helps more often than larger shared_buffers.",
    docs: "https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-SHARED-BUFFERS",
    limits: &[BELOW_PERCENT, HELD_FOR_S, READ_TIME_FROM_MS_PER_S],
};

/// Sums of the windows that are judged.
#[derive(Default)]
struct Sums {
    hit: i64,
    read: i64,
    read_ms: f64,
    span_ms: f64,
}

impl Sums {
    fn add(&mut self, window: &Window) {
        let Some((hit, read)) = window.blocks_hit.zip(window.blocks_read) else { return };
        let Some(read_ms) = window.read_ms else { return };
        self.hit = self.hit.saturating_add(hit);
        self.read = self.read.saturating_add(read);
        self.read_ms += read_ms;
        self.span_ms += window.span_ms;
    }
}

/// Judges blocks and the time reading them took over the windows of the last minutes. A miss is no
/// harm in itself: the operating system may hold the block.
pub fn cache_misses(evidence: &Overview, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    let counters = evidence.counters.as_ref().map_err(Clone::clone)?;
    if counters.blk_read_ms.is_none() {
        // PostgreSQL's default. What it would tell is worth knowing at most, so nothing is missed.
        return Err(Reason::Nothing {
            message: "The time that reading blocks takes is recorded only with track_io_timing = on; without it, a miss of shared buffers says nothing.".into(),
        });
    }
    let held_for_s = limits.get(&HELD_FOR_S);
    let needs_readings = Reason::NeedsReadings { for_s: held_for_s.ceil() as u32 };
    let (Some(first), Some(last)) = (evidence.windows.first(), evidence.windows.last()) else {
        return Err(needs_readings);
    };
    let from = last.at_ms.saturating_sub((held_for_s * 1_000.0) as i64);
    if first.at_ms.saturating_sub(first.span_ms as i64) > from {
        return Err(needs_readings);
    }
    let mut sums = Sums::default();
    evidence
        .windows
        .iter()
        .filter(|window| window.at_ms > from)
        .for_each(|window| sums.add(window));
    let all = sums.hit.saturating_add(sums.read);
    if all <= 0 || sums.span_ms <= 0.0 {
        return Ok(vec![]);
    }
    let percent = 100.0 * sums.hit as f64 / all as f64;
    let lost = sums.read_ms / (sums.span_ms / 1_000.0);
    if percent >= limits.get(&BELOW_PERCENT) || lost < limits.get(&READ_TIME_FROM_MS_PER_S) {
        return Ok(vec![]);
    }
    Ok(vec![finding(&sums, percent, lost, limits)])
}

fn finding(sums: &Sums, percent: f64, lost: f64, limits: &InForce<'_>) -> Finding {
    let span = model::duration(sums.span_ms);
    Finding {
        rule: limits.rule(),
        severity: Severity::Info,
        object: "shared buffers".into(),
        message: format!(
            "In the last {span}, sessions spent {lost:.0} ms of every second reading blocks; {percent:.1} % of the requested blocks were in shared buffers."
        ),
        evidence: vec![
            Evidence { name: "hits".into(), value: percent, unit: Unit::Percent },
            Evidence { name: "blocks read".into(), value: sums.read as f64, unit: Unit::Count },
            Evidence { name: "time spent reading".into(), value: sums.read_ms, unit: Unit::Ms },
        ],
        harm: Harm::Hygiene,
        root: None,
        same_root: Vec::new(),
        remedy: Remedy { message: ABOUT.remedy.into(), ..Remedy::default() },
    }
}
