//! Rule: an inactive replication slot retains WAL until the disk is full.

use model::replication::{Replication, Slot};
use model::{About, Evidence, Finding, Harm, Known, Limit, Object, Remedy, Severity, Unit};

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
    effect: "WAL piles up until the disk is full and the server stops, unless max_slot_wal_keep_size invalidates the slot first.",
    remedy: "Bring its standby or subscriber back, or drop the slot; set max_slot_wal_keep_size.",
    docs: "https://www.postgresql.org/docs/current/warm-standby.html#STREAMING-REPLICATION-SLOTS",
    limits: &[WARN_FROM_BYTES, CRITICAL_FROM_BYTES],
};

/// Judges slots that are inactive or lost.
pub fn inactive_slot(evidence: &Replication, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    let slots = evidence.slots.as_ref().map_err(Clone::clone)?;
    Ok(slots.iter().filter_map(|slot| judged(slot, limits)).collect())
}

fn judged(slot: &Slot, limits: &InForce<'_>) -> Option<Finding> {
    if slot.active || slot.wal_status.as_deref() == Some("lost") {
        return None;
    }
    let retained = slot.retained_bytes? as f64;
    let severity = if retained >= limits.get(&CRITICAL_FROM_BYTES) {
        Severity::Critical
    } else if retained >= limits.get(&WARN_FROM_BYTES) {
        Severity::Warning
    } else {
        return None;
    };
    let mut evidence =
        vec![Evidence { name: "WAL retained".into(), value: retained, unit: Unit::Bytes }];
    if let Some(inactive_ms) = slot.inactive_ms {
        evidence.push(Evidence { name: "inactive for".into(), value: inactive_ms, unit: Unit::Ms });
    }
    Some(Finding {
        rule: limits.rule(),
        severity,
        object: Object::Slot { name: slot.slot_name.clone() },
        message: format!(
            "Slot {} is inactive and retains {:.0} MiB of WAL.",
            slot.slot_name,
            retained / 1_048_576.0
        ),
        evidence,
        harm: Harm::Risk { due_s: None },
        root: Some(Object::Slot { name: slot.slot_name.clone() }),
        same_root: Vec::new(),
        remedy: Remedy {
            message: ABOUT.remedy.into(),
            sql: Some(format!(
                "select pg_drop_replication_slot({});",
                quoted_literal(&slot.slot_name)
            )),
            lock: Some(
                "None; the standby or subscriber of that slot cannot continue and must be rebuilt."
                    .into(),
            ),
            undo: Some("None: a new slot starts at the present.".into()),
            refuted_by: Some(
                "A standby in maintenance that will be back before the disk is full.".into(),
            ),
        },
    })
}
