//! Rule: a standby's WAL receiver is disconnected; equal positions hide it, so it has its own rule.

use model::replication::Replication;
use model::{About, Evidence, Finding, Harm, Known, Limit, Reason, Remedy, Severity, Unit};

use super::super::words;
use crate::rule::InForce;

/// How long nothing may be heard before it is a finding.
const SILENT_FROM_S: Limit = Limit {
    name: "silent_from_s",
    default: 5.0,
    unit: Unit::Seconds,
    source: "a receiver starts again within wal_retrieve_retry_interval, 5 s by default",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "A standby receives no WAL",
    effect: "The standby falls further behind every second, although received and replayed positions are equal.",
    remedy: "Read the standby's log; check primary_conninfo, the network, the slot and pg_hba.conf on the sender.",
    docs: "https://www.postgresql.org/docs/current/warm-standby.html#STREAMING-REPLICATION",
    limits: &[SILENT_FROM_S],
};

/// Judges whether the WAL receiver streams. A standby that has replayed nothing since its start has
/// no age: then the time since the start counts.
pub fn standby_disconnected(evidence: &Replication, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    let position = &evidence.position;
    if !position.in_recovery {
        return Ok(vec![]);
    }
    let lag = evidence.lag.as_ref().map_err(Clone::clone)?;
    if let (false, Some(true), Some(reason)) =
        (lag.linked, position.restores, &position.streams_unknown)
    {
        return Err(reason.clone());
    }
    let silent_ms = lag.ms.unwrap_or(position.up_ms);
    if lag.linked || lag.from_archive {
        return Ok(vec![]);
    }
    if silent_ms < limits.get(&SILENT_FROM_S) * 1_000.0 {
        // Just started, and nothing was heard yet: that is no sign of a link.
        return if lag.ms.is_some() { Ok(vec![]) } else { Err(Reason::NotYet) };
    }
    let receives = matches!(&evidence.receiver, Ok(Some(_)));
    let message = match lag.ms {
        Some(ms) => {
            format!("This standby has received nothing from its sender for {}.", words::time(ms))
        }
        None if receives => {
            "This standby receives nothing from its sender; the age of its data is unknown.".into()
        }
        None => "This standby has no WAL receiver; the age of its data is unknown.".into(),
    };
    let silent = match lag.ms {
        Some(_) => "silent for",
        None => "server up for",
    };
    Ok(vec![Finding {
        rule: limits.rule(),
        severity: Severity::Critical,
        object: "WAL receiver".into(),
        message,
        evidence: vec![
            Evidence { name: silent.into(), value: silent_ms, unit: Unit::Ms },
            Evidence { name: "received, not replayed".into(), value: lag.bytes as f64, unit: Unit::Bytes },
        ],
        harm: Harm::Risk { due_s: None },
        root: None,
        same_root: Vec::new(),
        remedy: Remedy {
            message: ABOUT.remedy.into(),
            sql: Some("select status, sender_host, sender_port, slot_name, last_msg_receipt_time from pg_stat_wal_receiver;".into()),
            lock: Some("None: it reads a view.".into()),
            undo: None,
            refuted_by: Some("the standby restores from the archive only and is not meant to stream.".into()),
        },
    }])
}
