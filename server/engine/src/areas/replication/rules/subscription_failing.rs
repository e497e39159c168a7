//! Rule: a logical subscription applies nothing: its worker fails, is blocked, does not run, or it is disabled.

use model::replication::{Replication, Subscription};
use model::{About, Evidence, Finding, Harm, Known, Limit, Remedy, Severity, Unit};

use crate::rule::InForce;

/// How long after a start the workers may take to come up.
const NO_WORKER_FROM_S: Limit = Limit {
    name: "no_worker_from_s",
    default: 15.0,
    unit: Unit::Seconds,
    source: "a worker starts again within wal_retrieve_retry_interval, 5 s by default",
};
/// How long its worker may wait for a lock.
const BLOCKED_FROM_S: Limit = Limit {
    name: "blocked_from_s",
    default: 10.0,
    unit: Unit::Seconds,
    source: "as long as a session may wait for a lock before it is a finding",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "A subscription does not apply changes",
    effect: "The data here becomes outdated, and its slot retains WAL on the publisher until the disk there is full.",
    remedy: "Read in this server's log what the apply worker reported: a conflicting row, a missing table or column, no connection to the publisher. It restarts by itself once that is fixed.",
    docs: "https://www.postgresql.org/docs/current/logical-replication-conflicts.html",
    limits: &[NO_WORKER_FROM_S, BLOCKED_FROM_S],
};

/// Judges whether each subscription is enabled, has a worker and goes without errors.
pub fn subscription_failing(evidence: &Replication, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    let subscriptions = evidence.subscriptions.as_ref().map_err(Clone::clone)?;
    // On a standby nothing is applied but WAL; after a start the workers have to come up first.
    if evidence.position.in_recovery {
        return Ok(vec![]);
    }
    let settled = evidence.position.up_ms >= limits.get(&NO_WORKER_FROM_S) * 1_000.0;
    Ok(subscriptions.iter().filter_map(|one| judged(one, settled, limits)).collect())
}

fn judged(one: &Subscription, settled: bool, limits: &InForce<'_>) -> Option<Finding> {
    let errors = one.apply_errors.zip(one.sync_errors).map(|(apply, sync)| apply.saturating_add(sync));
    let (severity, what) = if one.enabled == Some(false) {
        match errors {
            Some(errors) if errors > 0 => (Severity::Warning, "is disabled and had errors before"),
            _ => (Severity::Info, "is disabled"),
        }
    } else if one.failing {
        (Severity::Critical, "is failing: its worker reports errors and restarts")
    } else if one.blocked_ms.is_some_and(|ms| ms >= limits.get(&BLOCKED_FROM_S) * 1_000.0) {
        (Severity::Warning, "is blocked: its worker waits for a lock that a session here holds")
    } else if settled && one.enabled == Some(true) && one.pid.is_none() {
        (Severity::Warning, "is enabled, but no worker applies its changes")
    } else {
        return None;
    };
    Some(Finding {
        rule: limits.rule(),
        severity,
        object: format!("subscription {}", one.subname).into(),
        message: format!("Subscription {} {what}.", one.subname),
        evidence: vec![match errors {
            Some(errors) => Evidence {
                name: "errors since the last reset".into(),
                value: errors as f64,
                unit: Unit::Count,
            },
            None => Evidence {
                name: "workers".into(),
                value: if one.pid.is_some() { 1.0 } else { 0.0 },
                unit: Unit::Count,
            },
        }],
        harm: if severity == Severity::Info { Harm::Hygiene } else { Harm::Risk { due_s: None } },
        root: Some(format!("subscription {}", one.subname).into()),
        same_root: Vec::new(),
        remedy: Remedy {
            message: if one.enabled == Some(false) {
                "Enable it again (ALTER SUBSCRIPTION … ENABLE) once the cause is fixed, or drop it: its slot retains WAL on the publisher.".into()
            } else {
                ABOUT.remedy.into()
            },
            ..Remedy::default()
        },
    })
}
