//! Rule: PostgreSQL detected deadlocks and aborted a transaction of each.

use model::locks::Locks;
use model::{About, Finding, Harm, Known, Limit, Object, Reason, Remedy, Severity, Unit};

use super::super::DEADLOCKS;
use super::describe::{count, for_ms, seconds};
use crate::rule::InForce;

/// Deadlocks within a minute at which the rule warns.
const WARN_FROM_PER_MINUTE: Limit = Limit {
    name: "warn_from_per_minute",
    default: 1.0,
    unit: Unit::Count,
    source: "each one is a transaction that failed for no fault in its data",
};
/// Deadlocks within a minute at which it is critical.
const CRITICAL_FROM_PER_MINUTE: Limit = Limit {
    name: "critical_from_per_minute",
    default: 10.0,
    unit: Unit::Count,
    source: "one every six seconds, each after a wait of deadlock_timeout",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "Deadlocks",
    effect: "PostgreSQL aborts one of them after deadlock_timeout; its client gets error 40P01 and has to retry.",
    remedy: "Lock rows and tables in the same order everywhere; take the strongest lock first instead of upgrading; retry on 40P01. The server's log names the statements.",
    docs: "https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-DEADLOCKS",
    limits: &[WARN_FROM_PER_MINUTE, CRITICAL_FROM_PER_MINUTE],
};

/// Judges the deadlocks of the last minute.
pub fn deadlocks(evidence: &Locks, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    let rates = evidence.rates.as_ref().map_err(Clone::clone)?;
    let Some(deadlocks) = rates.deadlocks else { return Err(unknown(evidence)) };
    let found = deadlocks as f64;
    let severity = if found >= limits.get(&CRITICAL_FROM_PER_MINUTE) {
        Severity::Critical
    } else if deadlocks > 0 && found >= limits.get(&WARN_FROM_PER_MINUTE) {
        Severity::Warning
    } else {
        return Ok(vec![]);
    };
    let times = if deadlocks == 1 { "1 deadlock".into() } else { format!("{found} deadlocks") };
    Ok(vec![Finding {
        rule: limits.rule(),
        severity,
        object: Object::Server,
        message: format!("{times} in the last {}.", for_ms(rates.window_ms as f64)),
        evidence: vec![count("deadlocks", found), seconds("window", rates.window_ms as f64)],
        harm: Harm::Hygiene,
        root: None,
        same_root: Vec::new(),
        remedy: Remedy {
            message: ABOUT.remedy.into(),
            sql: Some("alter system set log_lock_waits = on;".into()),
            lock: Some("None; takes effect after select pg_reload_conf().".into()),
            undo: Some("alter system reset log_lock_waits;".into()),
            refuted_by: Some("a test provokes them.".into()),
        },
    }])
}

/// Why the server does not tell how many there are.
fn unknown(evidence: &Locks) -> Reason {
    let unread = evidence.counters.iter().flat_map(|counters| &counters.unread);
    let of_deadlocks = unread.into_iter().find(|unread| unread.what == DEADLOCKS);
    of_deadlocks.map_or(Reason::NeedsTwoReadings, |unread| unread.reason.clone())
}
