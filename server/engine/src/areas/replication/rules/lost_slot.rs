//! Rule: a replication slot has lost WAL that its consumer needs, or is about to lose it.

use model::replication::{Replication, Slot, SlotState};
use model::{About, Evidence, Finding, Harm, Known, Object, Remedy, Severity, Unit};

use super::super::words;
use crate::error::quoted_literal;
use crate::rule::InForce;

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "A slot has lost its WAL",
    effect: "The slot's standby or subscriber cannot continue, because WAL that it needs has been removed.",
    remedy: "Rebuild the standby or subscriber (base backup, or a new copy of the tables) and drop the slot; raise max_slot_wal_keep_size if there is room for more.",
    docs: "https://www.postgresql.org/docs/current/runtime-config-replication.html#GUC-MAX-SLOT-WAL-KEEP-SIZE",
    limits: &[],
};

/// Judges slots by what became of their WAL.
pub fn lost_slot(evidence: &Replication, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    let slots = evidence.slots.as_ref().map_err(Clone::clone)?;
    let judged = |slot: &Slot| match slot.state() {
        SlotState::Lost => Some(lost(slot, evidence.position.in_recovery, limits)),
        SlotState::Endangered => Some(endangered(slot, limits)),
        SlotState::Unused | SlotState::Kept => None,
    };
    Ok(slots.iter().filter_map(judged).collect())
}

fn lost(slot: &Slot, in_recovery: bool, limits: &InForce<'_>) -> Finding {
    let why = match slot.invalidation_reason.as_deref() {
        None | Some("wal_removed") => "WAL it needs has been removed".to_owned(),
        Some(reason) => format!("it was invalidated ({reason})"),
    };
    let message = format!(
        "Slot {} is lost: {why}. Its {} must be rebuilt.",
        slot.slot_name,
        if slot.slot_type == "logical" { "subscriber" } else { "standby or WAL receiver" }
    );
    // A slot that the server itself keeps in step cannot be dropped by hand.
    let droppable = !(slot.active || in_recovery && slot.synced == Some(true));
    let sql = format!("select pg_drop_replication_slot({});", quoted_literal(&slot.slot_name));
    Finding {
        remedy: Remedy {
            message: ABOUT.remedy.into(),
            sql: droppable.then_some(sql),
            lock: droppable.then(|| "None.".into()),
            undo: droppable.then(|| "Nothing to undo: a lost slot keeps nothing.".into()),
            refuted_by: None,
        },
        ..finding(slot, Severity::Critical, message, limits)
    }
}

fn endangered(slot: &Slot, limits: &InForce<'_>) -> Finding {
    let severity = if slot.active { Severity::Warning } else { Severity::Critical };
    let kept = slot.retained_bytes.map_or("more WAL".into(), |kept| words::bytes(kept as f64));
    let message = format!(
        "Slot {} is about to be lost: it needs {kept}, more than max_slot_wal_keep_size, and the next checkpoint may remove it.",
        slot.slot_name
    );
    finding(slot, severity, message, limits)
}

fn finding(slot: &Slot, severity: Severity, message: String, limits: &InForce<'_>) -> Finding {
    let number = |name: &str, value: Option<i64>| {
        value.map(|value| Evidence { name: name.into(), value: value as f64, unit: Unit::Bytes })
    };
    let mut evidence: Vec<Evidence> = [
        number("WAL needed", slot.retained_bytes),
        number("max_slot_wal_keep_size", slot.limit_bytes),
    ]
    .into_iter()
    .flatten()
    .collect();
    if let Some(value) = slot.inactive_ms {
        evidence.push(Evidence { name: "inactive for".into(), value, unit: Unit::Ms });
    }
    if evidence.is_empty() {
        evidence.push(Evidence { name: "lost slots".into(), value: 1.0, unit: Unit::Count });
    }
    Finding {
        rule: limits.rule(),
        severity,
        object: Object::Slot { name: slot.slot_name.clone() },
        message,
        evidence,
        harm: Harm::Risk { due_s: slot.due_s() },
        root: Some(Object::Slot { name: slot.slot_name.clone() }),
        same_root: Vec::new(),
        remedy: Remedy {
            message: "Let its consumer catch up before the next checkpoint, or raise max_slot_wal_keep_size and reload if the disk has room.".into(),
            ..Remedy::default()
        },
    }
}
