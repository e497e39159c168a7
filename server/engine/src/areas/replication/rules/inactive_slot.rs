//! Rule: an inactive replication slot retains WAL until the disk is full.

use model::replication::{Replication, Slot, SlotState};
use model::{About, Evidence, Finding, Harm, Known, Limit, Object, Reason, Remedy, Severity, Unit};

use super::super::words;
use crate::error::quoted_literal;
use crate::rule::InForce;

/// WAL kept at which the rule warns.
const WARN_FROM_BYTES: Limit = Limit {
    name: "warn_from_bytes",
    default: 104_857_600.0,
    unit: Unit::Bytes,
    source: "100 MiB: more than a standby's restart leaves behind",
};
/// WAL kept at which it is critical.
const CRITICAL_FROM_BYTES: Limit = Limit {
    name: "critical_from_bytes",
    default: 10_737_418_240.0,
    unit: Unit::Bytes,
    source: "10 GiB on the WAL volume that nothing will free by itself",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "An inactive slot retains WAL",
    effect: "WAL accumulates until the disk is full and the server stops, unless max_slot_wal_keep_size invalidates the slot first.",
    remedy: "Bring its standby or subscriber back, or drop the slot; set max_slot_wal_keep_size.",
    docs: "https://www.postgresql.org/docs/current/warm-standby.html#STREAMING-REPLICATION-SLOTS",
    limits: &[WARN_FROM_BYTES, CRITICAL_FROM_BYTES],
};

/// Judges slots that nobody streams from.
pub fn inactive_slot(evidence: &Replication, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    let slots = evidence.slots.as_ref().map_err(Clone::clone)?;
    if slots.iter().any(|slot| is_judged(slot) && slot.retained_bytes.is_none()) {
        return Err(evidence.position.unknown.clone().unwrap_or(Reason::NotYet));
    }
    Ok(slots.iter().filter_map(|slot| judged(slot, limits)).collect())
}

/// A lost slot has a rule of its own, an unused one keeps nothing, and one that is kept in step
/// with the primary's is inactive by design.
fn is_judged(slot: &Slot) -> bool {
    !slot.active && slot.state() == SlotState::Kept && slot.synced != Some(true)
}

fn judged(slot: &Slot, limits: &InForce<'_>) -> Option<Finding> {
    if !is_judged(slot) {
        return None;
    }
    let retained = slot.retained_bytes? as f64;
    let severity = if retained >= limits.get(&CRITICAL_FROM_BYTES) {
        Severity::Critical
    } else if retained >= limits.get(&WARN_FROM_BYTES) || slot.over_half_of_limit() {
        Severity::Warning
    } else {
        return None;
    };
    let left = slot.safe_wal_bytes.filter(|_| slot.over_half_of_limit());
    let until = left.map_or_else(String::new, |left| {
        format!(" It is lost after {} more.", words::bytes(left.max(0) as f64))
    });
    let grows = words::growth(slot);
    let mut evidence =
        vec![Evidence { name: "WAL retained".into(), value: retained, unit: Unit::Bytes }];
    if let Some(left) = left {
        let left = left.max(0) as f64;
        evidence.push(Evidence {
            name: "left before it is lost".into(),
            value: left,
            unit: Unit::Bytes,
        });
    }
    evidence.extend(words::growth_evidence(slot));
    if let Some(inactive_ms) = slot.inactive_ms {
        evidence.push(Evidence { name: "inactive for".into(), value: inactive_ms, unit: Unit::Ms });
    }
    Some(Finding {
        rule: limits.rule(),
        severity,
        object: Object::Slot { name: slot.slot_name.clone() },
        message: format!(
            "Slot {} is inactive and retains {} of WAL.{until}{grows}",
            slot.slot_name,
            words::bytes(retained)
        ),
        evidence,
        harm: Harm::Risk { due_s: slot.due_s() },
        root: Some(Object::Slot { name: slot.slot_name.clone() }),
        same_root: Vec::new(),
        remedy: Remedy {
            message: ABOUT.remedy.into(),
            sql: Some(format!(
                "select pg_drop_replication_slot({});",
                quoted_literal(&slot.slot_name)
            )),
            lock: Some(
                "None; the slot's standby or subscriber cannot continue and has to be rebuilt."
                    .into(),
            ),
            undo: Some("None: a new slot starts at the current position.".into()),
            refuted_by: Some(
                "the standby is in maintenance and will be back before the disk is full.".into(),
            ),
        },
    })
}
