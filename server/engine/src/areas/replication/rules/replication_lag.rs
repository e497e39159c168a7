//! Rule: a standby lags behind its sender, by bytes and time together.

use model::replication::{Lag, Position, Replication, Sender, StreamKind};
use model::{About, Evidence, Finding, Harm, Known, Limit, Object, Remedy, Severity, Unit};

use super::super::lag::time_behind;
use super::super::words;
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
    effect: "Reads on the standby return old data, and a failover to it loses the missing changes or waits for them.",
    remedy: "On the standby, look for a query that blocks replay, paused replay or a slow disk; between the servers, check the network.",
    docs: "https://www.postgresql.org/docs/current/warm-standby.html#STREAMING-REPLICATION-MONITORING",
    limits: &[WARN_FROM_S, CRITICAL_FROM_S, CRITICAL_FROM_BYTES],
};

/// Judges every standby that streams from this server, and a standby itself. Who does not replay is no standby: slots
/// say what a logical subscriber or a receiver of WAL costs.
pub fn replication_lag(evidence: &Replication, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    let senders = evidence.senders.as_ref().map_err(Clone::clone)?;
    let mut found: Vec<_> =
        senders.iter().filter_map(|sender| judged_sender(sender, limits)).collect();
    if evidence.position.in_recovery {
        let lag = evidence.lag.as_ref().map_err(Clone::clone)?;
        found.extend(judged_standby(&evidence.position, lag, limits));
    }
    Ok(found)
}

fn judged_standby(position: &Position, lag: &Lag, limits: &InForce<'_>) -> Option<Finding> {
    let paused = position.replay_paused == Some(true) && (lag.bytes > 0 || lag.from_archive);
    let found = match position.apply_delay_ms.filter(|delay| *delay > 0.0) {
        Some(delay) => severity(0, lag.bytes, lag.ms.map(|ms| (ms - delay).max(0.0)), limits),
        None => severity(lag.bytes, lag.bytes, lag.ms, limits),
    };
    // A cut link is another rule's finding; paused replay is one however long it lasts.
    let found = found.filter(|_| lag.linked || paused);
    let found = found.or(paused.then_some(Severity::Warning));
    let bytes = (!lag.from_archive).then_some(lag.bytes);
    let behind = Behind { bytes, ms: lag.ms, paused };
    let this = || "this standby".to_owned();
    let mut found = finding(this(), this().into(), found?, &behind, limits);
    if let (true, Some(value)) = (lag.from_archive, position.replayed_xact_age_ms) {
        let name = "age of the newest transaction replayed".into();
        found.evidence.push(Evidence { name, value, unit: Unit::Ms });
    }
    Some(found)
}

fn judged_sender(sender: &Sender, limits: &InForce<'_>) -> Option<Finding> {
    if !matches!(sender.state.as_deref(), Some("streaming" | "catchup"))
        || sender.kind() != StreamKind::Standby
    {
        return None;
    }
    let bytes = sender.total_lag_bytes?;
    let behind = Behind { bytes: Some(bytes), ms: time_behind(sender), paused: false };
    let severity = severity(bytes, bytes, behind.ms, limits)?;
    let object = words::client(StreamKind::Standby, sender.application_name.as_deref());
    let slot = sender.slot_name.clone().map(|name| Object::Slot { name });
    let root = slot.unwrap_or_else(|| object.clone().into());
    Some(finding(object, root, severity, &behind, limits))
}

/// How far behind.
struct Behind {
    /// None where WAL comes from an archive.
    bytes: Option<i64>,
    ms: Option<f64>,
    paused: bool,
}

/// `judged` are the bytes that are judged by their number, `missing` those that make time count.
fn severity(judged: i64, missing: i64, ms: Option<f64>, limits: &InForce<'_>) -> Option<Severity> {
    let behind_s = ms.filter(|_| missing > 0).map_or(0.0, |ms| ms / 1_000.0);
    if behind_s >= limits.get(&CRITICAL_FROM_S) || judged as f64 >= limits.get(&CRITICAL_FROM_BYTES)
    {
        Some(Severity::Critical)
    } else if behind_s >= limits.get(&WARN_FROM_S) {
        Some(Severity::Warning)
    } else {
        None
    }
}

fn message(subject: &str, behind: &Behind) -> String {
    let Some(bytes) = behind.bytes else {
        return format!(
            "{subject} is behind by an unknown amount of WAL, which it restores from an archive; replay is paused."
        );
    };
    let time = behind.ms.map_or("an unknown time".into(), words::time);
    let bytes = words::bytes(bytes as f64);
    let why = if behind.paused { "; replay is paused" } else { "" };
    format!("{subject} is {time} and {bytes} behind{why}.")
}

fn finding(
    object: String,
    root: Object,
    severity: Severity,
    behind: &Behind,
    limits: &InForce<'_>,
) -> Finding {
    let subject = words::capitalised(object.clone());
    let behind_ms = behind.ms.map(|ms| ("behind", ms, Unit::Ms));
    let missing = behind.bytes.map(|bytes| ("missing", bytes as f64, Unit::Bytes));
    let numbers = [behind_ms, missing].into_iter().flatten();
    let evidence =
        numbers.map(|(name, value, unit)| Evidence { name: name.into(), value, unit }).collect();
    Finding {
        rule: limits.rule(),
        severity,
        harm: Harm::Risk { due_s: None },
        root: Some(root),
        same_root: Vec::new(),
        message: message(&subject, behind),
        object: object.into(),
        evidence,
        remedy: Remedy {
            message: ABOUT.remedy.into(),
            sql: Some(if behind.paused {
                "select pg_wal_replay_resume(); -- on the standby".into()
            } else {
                "select pid, wait_event, xact_start, query from pg_stat_activity where backend_type in ('startup', 'client backend') order by xact_start; -- on the standby".into()
            }),
            lock: Some("None.".into()),
            undo: behind.paused.then(|| "select pg_wal_replay_pause();".into()),
            refuted_by: Some(
                "recovery_min_apply_delay is set on the standby: only the standby itself knows that it is delayed on purpose."
                    .into(),
            ),
        },
    }
}
