//! What explains a change. Each candidate is given the part of the change that its own numbers account for;
//! one that accounts for less than half is not named. Pure.

use model::Unit;
use model::statements::CauseKind;
use model::statements::regression::Cause;

use super::span::Costs;

/// The part of a change that a cause must explain to be named.
const LEAST_PART: f64 = 0.5;
/// From this ratio on a number has grown: below, it wavers.
const GROWN: f64 = 1.5;
/// How many times as long a block takes of which all rows are looked at than one that an index leads to
/// (measured with a dropped index: two to four times).
const SCANNED: f64 = 4.0;

/// What the server records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// x of the extension's version 1.x.
    pub version: u16,
    /// Times of blocks: `track_io_timing`.
    pub io_timing: bool,
    /// Planning: `pg_stat_statements.track_planning`.
    pub planning: bool,
}

/// What explains a longer time per call, and what might and is not recorded.
pub fn of_time(
    before: &Costs,
    now: &Costs,
    with_planning: bool,
    recorded: Recorded,
) -> (Vec<Cause>, Vec<CauseKind>) {
    let base = before.time_ms(with_planning);
    let change = now.time_ms(with_planning) - base;
    let mut parts = Parts { change, named: Vec::new(), unmeasured: Vec::new() };
    generic_plan(&mut parts, before, now, recorded);
    if recorded.version >= 10 {
        let part = now.jit_ms - before.jit_ms;
        parts.add(CauseKind::Jit, part, "compiling, per call", (before.jit_ms, now.jit_ms));
    } else {
        parts.unmeasured.push(CauseKind::Jit);
    }
    if with_planning {
        let part = now.plan_ms - before.plan_ms;
        parts.add(CauseKind::Planning, part, "planning, per call", (before.plan_ms, now.plan_ms));
    } else {
        parts.unmeasured.push(CauseKind::Planning);
    }
    by_work(&mut parts, base, before, now);
    cache(&mut parts, before, now, recorded);
    // A switch of plans shows in what it touches: it stands before that.
    parts.named.sort_by(|a, b| {
        let first = |cause: &Cause| cause.kind == CauseKind::GenericPlan;
        let by = |cause: &Cause| cause.explains_percent;
        first(b).cmp(&first(a)).then(by(b).total_cmp(&by(a)))
    });
    (parts.named, parts.unmeasured)
}

/// What explains more blocks per call: more rows, or nothing that is counted.
pub fn of_blocks(before: &Costs, now: &Costs) -> Vec<Cause> {
    let mut parts =
        Parts { change: now.blocks - before.blocks, named: Vec::new(), unmeasured: Vec::new() };
    let part = before.blocks * (ratio(now.rows, before.rows) - 1.0);
    parts.put(CauseKind::Rows, part, "rows per call", (before.rows, now.rows), Unit::Count);
    parts.named
}

/// More calls are their own cause.
pub fn of_calls(before_per_ms: f64, now_per_ms: f64) -> Vec<Cause> {
    vec![Cause {
        kind: CauseKind::Traffic,
        explains_percent: 100.0,
        what: "calls per second".into(),
        before: 1_000.0 * before_per_ms,
        now: 1_000.0 * now_per_ms,
        unit: Unit::PerSecond,
    }]
}

/// Waiting, as sampled, ms per call before and now.
pub fn of_waits(change_ms: f64, (before, now): (f64, f64), event: &str) -> Option<Cause> {
    let mut parts = Parts { change: change_ms, named: Vec::new(), unmeasured: Vec::new() };
    let what = format!("waiting for {event}, per call");
    parts.put(CauseKind::Waits, now - before, &what, (before, now), Unit::Ms);
    parts.named.pop()
}

struct Parts {
    change: f64,
    named: Vec<Cause>,
    unmeasured: Vec<CauseKind>,
}

impl Parts {
    fn add(&mut self, kind: CauseKind, part_ms: f64, what: &str, numbers: (f64, f64)) {
        self.put(kind, part_ms, what, numbers, Unit::Ms);
    }

    fn put(
        &mut self,
        kind: CauseKind,
        part: f64,
        what: &str,
        (before, now): (f64, f64),
        unit: Unit,
    ) {
        let explains = if self.change > 0.0 { (part / self.change).min(1.0) } else { 0.0 };
        if explains >= LEAST_PART {
            let explains_percent = 100.0 * explains;
            self.named.push(Cause { kind, explains_percent, what: what.into(), before, now, unit });
        }
    }
}

/// How many times as much; 1 where there was nothing to compare with.
fn ratio(now: f64, before: f64) -> f64 {
    if before > 0.0 { now / before } else { 1.0 }
}

/// A switch between plans: the share of calls that have another kind of plan than before. By the plans that
/// 1.13 counts; before, a prepared statement that is no longer planned with each call has a generic one.
fn generic_plan(parts: &mut Parts, before: &Costs, now: &Costs, recorded: Recorded) {
    let share = |costs: &Costs| {
        if recorded.version >= 13 {
            Some(costs.generic)
        } else {
            let planned = recorded.planning && before.plans > 0.0;
            planned.then(|| (1.0 - costs.plans).clamp(0.0, 1.0))
        }
    };
    let (Some(then), Some(since)) = (share(before), share(now)) else {
        parts.unmeasured.push(CauseKind::GenericPlan);
        return;
    };
    let numbers = (100.0 * then, 100.0 * since);
    let part = parts.change * (since - then).abs();
    let what = "calls with a generic plan";
    parts.put(CauseKind::GenericPlan, part, what, numbers, Unit::Percent);
}

/// Rows, blocks and temporary blocks: a call that does n times the work takes about n times as long, more where
/// blocks are scanned; but what was measured otherwise is not their doing.
fn by_work(parts: &mut Parts, base: f64, before: &Costs, now: &Costs) {
    let measured = (now.jit_ms - before.jit_ms).max(0.0) + (now.plan_ms - before.plan_ms).max(0.0);
    let rest = (parts.change - measured).max(0.0);
    let rows = ratio(now.rows, before.rows).max(1.0);
    if rows >= GROWN {
        let part = (base * (rows - 1.0)).min(rest);
        let numbers = (before.rows, now.rows);
        parts.put(CauseKind::Rows, part, "rows per call", numbers, Unit::Count);
    }
    let all = (before.blocks + before.temp, now.blocks + now.temp);
    // A statement that touched nothing did the work of one block.
    let touched = ratio(all.1, all.0.max(1.0)).max(1.0);
    if touched / rows < GROWN {
        return;
    }
    let part = (SCANNED * base * (touched - rows)).min(rest);
    let (temp, rest) = (now.temp - before.temp, now.blocks - before.blocks);
    let (kind, what, numbers) = if temp > rest {
        (CauseKind::Temp, "temporary blocks per call", (before.temp, now.temp))
    } else {
        (CauseKind::Blocks, "blocks per call", (before.blocks, now.blocks))
    };
    parts.put(kind, part, what, numbers, Unit::Count);
}

/// Blocks that have to be read where the call touches about as many as before.
fn cache(parts: &mut Parts, before: &Costs, now: &Costs, recorded: Recorded) {
    let more_blocks = now.blocks >= GROWN * before.blocks.max(1.0);
    if recorded.io_timing && !more_blocks {
        let numbers = (before.read_ms, now.read_ms);
        parts.add(CauseKind::Cache, now.read_ms - before.read_ms, "reading, per call", numbers);
    } else if !recorded.io_timing && now.read >= GROWN * before.read && now.read >= 1.0 {
        parts.unmeasured.push(CauseKind::Cache);
    }
}
