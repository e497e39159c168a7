//! Rule: a slot is in use, and yet its consumer falls behind or stands still while WAL piles up.

use model::replication::{Replication, Sender, Slot, SlotState};
use model::{About, Evidence, Finding, Harm, Known, Limit, Object, Reason, Remedy, Severity, Unit};

use super::super::words;
use crate::rule::InForce;

/// WAL kept at which a consumer that stands still is a finding.
const STILL_FROM_BYTES: Limit = Limit {
    name: "still_from_bytes",
    default: 104_857_600.0,
    unit: Unit::Bytes,
    source: "100 MiB: more than a healthy consumer leaves unconfirmed in a minute",
};
/// For how long it must have stood still.
const STILL_FOR_S: Limit = Limit {
    name: "still_for_s",
    default: 90.0,
    unit: Unit::Seconds,
    source: "consumers such as Debezium confirm once a minute by default; wal_sender_timeout is a minute too",
};
/// WAL kept at which the rule warns whether it moves or not.
const WARN_FROM_BYTES: Limit = Limit {
    name: "warn_from_bytes",
    default: 1_073_741_824.0,
    unit: Unit::Bytes,
    source: "1 GiB, max_wal_size by default: the slot now decides how large pg_wal is",
};
/// WAL kept at which it is critical.
const CRITICAL_FROM_BYTES: Limit = Limit {
    name: "critical_from_bytes",
    default: 10_737_418_240.0,
    unit: Unit::Bytes,
    source: "10 GiB on the WAL volume, as for inactive slots",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "A slot in use retains WAL",
    effect: "WAL accumulates although a consumer is connected, until the disk is full or max_slot_wal_keep_size invalidates the slot.",
    remedy: "Check the consumer: its process may be stopped, its target slow or failing, or, for a logical slot, a long transaction on this server may keep it from confirming.",
    docs: "https://www.postgresql.org/docs/current/warm-standby.html#STREAMING-REPLICATION-SLOTS",
    limits: &[STILL_FROM_BYTES, STILL_FOR_S, WARN_FROM_BYTES, CRITICAL_FROM_BYTES],
};

/// Judges slots that somebody streams from.
pub fn lagging_slot(evidence: &Replication, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    let slots = evidence.slots.as_ref().map_err(Clone::clone)?;
    let in_use = |slot: &&Slot| slot.active && slot.state() == SlotState::Kept;
    if slots.iter().filter(in_use).any(|slot| slot.retained_bytes.is_none()) {
        return Err(evidence.position.unknown.clone().unwrap_or(Reason::NotYet));
    }
    let sender = |slot: &Slot| {
        evidence.senders.iter().flatten().find(|sender| Some(sender.pid) == slot.active_pid)
    };
    let slots = slots.iter().filter(in_use);
    Ok(slots.filter_map(|slot| judged(slot, sender(slot), limits)).collect())
}

fn judged(slot: &Slot, sender: Option<&Sender>, limits: &InForce<'_>) -> Option<Finding> {
    let retained = slot.retained_bytes? as f64;
    let still_ms = slot.still_ms.unwrap_or(0.0);
    let still = still_ms >= limits.get(&STILL_FOR_S) * 1_000.0
        && (retained >= limits.get(&STILL_FROM_BYTES) || slot.over_half_of_limit());
    let severity = if retained >= limits.get(&CRITICAL_FROM_BYTES) {
        Severity::Critical
    } else if still || retained >= limits.get(&WARN_FROM_BYTES) {
        Severity::Warning
    } else {
        return None;
    };
    let number = |name: &str, value: Option<i64>| {
        value.map(|value| Evidence { name: name.into(), value: value as f64, unit: Unit::Bytes })
    };
    let mut evidence: Vec<Evidence> = [
        number("WAL retained", slot.retained_bytes),
        number("not confirmed", slot.unconfirmed_bytes),
        number("not sent", sender.and_then(|sender| sender.send_lag_bytes)),
        number("left before it is lost", slot.safe_wal_bytes),
    ]
    .into_iter()
    .flatten()
    .collect();
    evidence.extend(words::growth_evidence(slot));
    if still {
        evidence.push(Evidence { name: "no progress for".into(), value: still_ms, unit: Unit::Ms });
    }
    let who = sender.map(|s| words::client(s.kind(), s.application_name.as_deref()));
    Some(Finding {
        rule: limits.rule(),
        severity,
        object: Object::Slot { name: slot.slot_name.clone() },
        message: message(slot, &who.unwrap_or("its consumer".into()), still.then_some(still_ms)),
        evidence,
        harm: Harm::Risk { due_s: slot.due_s() },
        root: Some(Object::Slot { name: slot.slot_name.clone() }),
        same_root: Vec::new(),
        remedy: Remedy {
            message: ABOUT.remedy.into(),
            refuted_by: Some("the consumer has just connected and is catching up.".into()),
            ..Remedy::default()
        },
    })
}

fn message(slot: &Slot, who: &str, still_ms: Option<f64>) -> String {
    let retained = words::bytes(slot.retained_bytes.unwrap_or(0) as f64);
    let confirmed = slot.unconfirmed_bytes.zip(slot.retained_bytes);
    let waits_for_transaction = confirmed.is_some_and(|(open, kept)| open < kept / 2);
    let why = match still_ms {
        _ if waits_for_transaction => {
            " It confirms WAL, but a transaction that began earlier is still open on this server."
                .to_owned()
        }
        Some(ms) => format!(" It has confirmed nothing new for {}.", words::time(ms)),
        None => String::new(),
    };
    let grows = words::growth(slot);
    format!("Slot {} is in use by {who} and retains {retained} of WAL.{why}{grows}", slot.slot_name)
}
