//! Rule: a node that writes or locks rows took long and read, wrote and fired nothing meanwhile.

use model::quantity::{number, plural};
use model::{About, Limit, Unit};

use super::case::evidence;
use super::measured::words;
use super::{Case, InForce, Judged, Missing};
use crate::derive::Counter;

/// Time without work from which it is reported.
const MIN_MS: Limit = Limit {
    name: "min_ms",
    default: 500.0,
    unit: Unit::Ms,
    source: "half of deadlock_timeout, from which log_lock_waits writes to the log",
};
/// Time for each block and row from which it cannot be work.
const MIN_MS_PER_STEP: Limit = Limit {
    name: "min_ms_per_step",
    default: 20.0,
    unit: Unit::Ms,
    source: "a random read of a spinning disk takes 10 ms",
};

/// Blocks found in memory that take no longer than one from storage.
const HITS_PER_READ: f64 = 100.0;

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Waited for a lock",
    effect: "The statement waited until another transaction had ended that held the row.",
    remedy: "Find the transaction that held the row, and keep it short.",
    docs: "https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-ROWS",
    limits: &[MIN_MS, MIN_MS_PER_STEP],
};

const HOLDER: &str = "The plan does not show who held the row: look at page Locks while it happens, or set log_lock_waits (on by default from PostgreSQL 19), which writes the holder to the log after deadlock_timeout. Keep transactions short and change rows in the same order everywhere; lock_timeout ends the wait, and a queue skips locked rows with FOR UPDATE SKIP LOCKED.";

/// Judges the time of nodes that lock rows against what they did.
pub fn lock_wait(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    let locks = |kind: &str| matches!(kind, "ModifyTable" | "LockRows");
    if !case.nodes().any(|(_, node, _)| locks(&node.kind)) {
        return Ok(vec![]);
    }
    case.timed()?;
    let mut found = vec![];
    for (at, node, own) in case.nodes().filter(|(_, node, _)| locks(&node.kind)) {
        // Triggers before each row run within the node.
        let ms = own.self_ms.unwrap_or(0.0) - case.derived.triggers_ms.unwrap_or(0.0);
        let rows = case.first_child(at).map_or(0.0, |(child, _)| case.rows(child));
        let hit = own.counters.map_or(0.0, |own| own.get(Counter::SharedHit));
        let moved = own.counters.map_or(0.0, |own| {
            let moved = [
                Counter::SharedRead,
                Counter::SharedWritten,
                Counter::TempRead,
                Counter::TempWritten,
            ];
            moved.into_iter().map(|counter| own.get(counter)).sum::<f64>()
        });
        let steps = (rows + moved + hit / HITS_PER_READ).max(1.0);
        if ms < limits.get(&MIN_MS) || ms / steps < limits.get(&MIN_MS_PER_STEP) {
            continue;
        }
        let blocks = match own.counters {
            Some(_) => format!("{} and ", plural((hit + moved) as i64, "block", "blocks")),
            None => String::new(),
        };
        let message = format!(
            "{} took {} for {blocks}{} without a trigger: it waited, most likely for a row that another transaction had locked.",
            node.name(),
            number(ms, Unit::Ms),
            plural(rows as i64, "row", "rows")
        );
        let numbers = vec![evidence("time", ms, Unit::Ms), evidence("rows", rows, Unit::Count)];
        let remedy = words(
            HOLDER,
            "the server was stopped meanwhile, or without BUFFERS, an index had much to write.",
        );
        found.push(case.finding(limits, at, Some(ms), message, numbers, remedy));
    }
    Ok(found)
}
