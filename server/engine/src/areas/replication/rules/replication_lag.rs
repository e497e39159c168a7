//! Rule: a standby lags behind its sender, by bytes and time together.

use model::replication::{Replication, Sender};
use model::{About, Evidence, Finding, Harm, Known, Limit, Remedy, Severity, Unit};

use super::super::lag::time_behind;
use crate::rule::InForce;

/// Time behind at which the rule warns.
const WARN_FROM_S: Limit = Limit {
    name: "warn_from_s",
    default: 5.0,
    unit: Unit::Seconds,
    source: "common practice for read standbys: warn above 5 s",
};
/// Time behind at which it is critical.
const CRITICAL_FROM_S: Limit = Limit {
    name: "critical_from_s",
    default: 30.0,
    unit: Unit::Seconds,
    source: "the common alert rule ReplicationLagHigh: above 30 s",
};
/// Bytes missing at which it is critical whatever the time says.
const CRITICAL_FROM_BYTES: Limit = Limit {
    name: "critical_from_bytes",
    default: 10_737_418_240.0,
    unit: Unit::Bytes,
    source: "10 GiB: a crash of the primary would lose or re-read that much",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "A standby is behind",
    effect: "Reads on the standby return old data, and a failover to it loses or waits for what is missing.",
    remedy: "On the standby look for a query that blocks replay, for paused replay and for a slow disk; between them for the network.",
    docs: "https://www.postgresql.org/docs/current/warm-standby.html#STREAMING-REPLICATION-MONITORING",
    limits: &[WARN_FROM_S, CRITICAL_FROM_S, CRITICAL_FROM_BYTES],
};

/// Judges every standby of a primary, or a standby itself.
pub fn replication_lag(evidence: &Replication, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    if !evidence.position.in_recovery {
        let senders = evidence.senders.as_ref().map_err(Clone::clone)?;
        return Ok(senders.iter().filter_map(|sender| judged_sender(sender, limits)).collect());
    }
    let lag = evidence.lag.as_ref().map_err(Clone::clone)?;
    let paused = evidence.position.replay_paused == Some(true);
    // A cut link is another rule's finding.
    let found = severity(lag.bytes, lag.ms, limits).filter(|_| lag.linked);
    Ok(found
        .map(|severity| finding("this standby".into(), severity, lag.bytes, lag.ms, paused, limits))
        .into_iter()
        .collect())
}

fn judged_sender(sender: &Sender, limits: &InForce<'_>) -> Option<Finding> {
    if !matches!(sender.state.as_deref(), Some("streaming" | "catchup")) {
        return None;
    }
    let (bytes, ms) = (sender.total_lag_bytes?, time_behind(sender).unwrap_or(0.0));
    let severity = severity(bytes, ms, limits)?;
    let name = sender.application_name.as_deref().filter(|name| !name.is_empty());
    let object = name.map_or("standby without a name".into(), |name| format!("standby “{name}”"));
    Some(finding(object, severity, bytes, ms, false, limits))
}

fn severity(bytes: i64, ms: f64, limits: &InForce<'_>) -> Option<Severity> {
    let behind_s = if bytes > 0 { ms / 1_000.0 } else { 0.0 };
    if behind_s >= limits.get(&CRITICAL_FROM_S) || bytes as f64 >= limits.get(&CRITICAL_FROM_BYTES)
    {
        Some(Severity::Critical)
    } else if behind_s >= limits.get(&WARN_FROM_S) {
        Some(Severity::Warning)
    } else {
        None
    }
}

fn finding(
    object: String,
    severity: Severity,
    bytes: i64,
    ms: f64,
    paused: bool,
    limits: &InForce<'_>,
) -> Finding {
    let mib = bytes as f64 / 1_048_576.0;
    let why = if paused { "; replay is paused" } else { "" };
    let mut subject = object.clone();
    if let Some(first) = subject.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    Finding {
        rule: limits.rule(),
        severity,
        harm: Harm::Risk { due_s: None },
        root: Some(object.clone().into()),
        same_root: Vec::new(),
        message: format!("{subject} is {:.0} s and {mib:.1} MiB behind{why}.", ms / 1_000.0),
        object: object.into(),
        evidence: vec![
            Evidence { name: "behind".into(), value: ms, unit: Unit::Ms },
            Evidence { name: "missing".into(), value: bytes as f64, unit: Unit::Bytes },
        ],
        remedy: Remedy {
            message: ABOUT.remedy.into(),
            sql: Some(if paused {
                "select pg_wal_replay_resume(); -- on the standby".into()
            } else {
                "select pid, wait_event, xact_start, query from pg_stat_activity where backend_type in ('startup', 'client backend') order by xact_start; -- on the standby".into()
            }),
            lock: Some("None.".into()),
            undo: paused.then(|| "select pg_wal_replay_pause();".into()),
            refuted_by: Some(
                "recovery_min_apply_delay: a standby that is delayed on purpose.".into(),
            ),
        },
    }
}
