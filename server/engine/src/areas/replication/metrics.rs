//! Prometheus metrics of replication: lag, slots, the archiver, synchronous standbys, subscriptions.

use std::collections::BTreeMap;

use model::replication::{Replication, Required, Slot, SlotState, StreamKind};

use super::lag::time_behind;
use crate::metrics::{Metrics, Name};

const LAG_SECONDS: Name = (
    "pgdeck_replication_lag_seconds",
    "gauge",
    "Replay lag: a standby's own, or the worst of a primary's standbys.",
);
const LAG_BYTES: Name = ("pgdeck_replication_lag_bytes", "gauge", "The same in bytes of WAL.");
const STANDBY_SECONDS: Name = (
    "pgdeck_standby_lag_seconds",
    "gauge",
    "Time a connected standby is behind; the worst of those with one application_name.",
);
const STANDBY_BYTES: Name = ("pgdeck_standby_lag_bytes", "gauge", "The same in bytes of WAL.");
const SLOT_ACTIVE: Name =
    ("pgdeck_replication_slot_active", "gauge", "Whether somebody streams from the slot.");
const SLOT_RETAINED: Name =
    ("pgdeck_replication_slot_retained_bytes", "gauge", "WAL that the slot retains.");
const SLOT_LEFT: Name = (
    "pgdeck_replication_slot_safe_wal_bytes",
    "gauge",
    "WAL that may be written before the slot is lost; absent without a limit.",
);
const SLOT_GROWTH: Name = (
    "pgdeck_replication_slot_growth_bytes_per_second",
    "gauge",
    "How fast the WAL that the slot retains has grown in the last minutes; absent until known.",
);
const SLOT_TIME_LEFT: Name = (
    "pgdeck_replication_slot_time_left_seconds",
    "gauge",
    "Time until the slot reaches max_slot_wal_keep_size at this rate; absent without a limit or growth.",
);
const SLOT_LOST: Name =
    ("pgdeck_replication_slot_lost", "gauge", "Whether the slot has lost WAL that it needs.");
const ARCHIVED: Name =
    ("pgdeck_archiver_archived_total", "counter", "WAL segments archived since the last reset.");
const FAILED: Name =
    ("pgdeck_archiver_failed_total", "counter", "Failed attempts to archive since the last reset.");
const FAILING: Name =
    ("pgdeck_archiver_failing", "gauge", "Whether the newest attempt to archive failed.");
const READY: Name = (
    "pgdeck_archiver_ready_segments",
    "gauge",
    "WAL segments that wait to be archived; counted while archiving fails.",
);
const ARCHIVED_AGO: Name = (
    "pgdeck_archiver_last_archived_age_seconds",
    "gauge",
    "Time since a WAL segment was archived.",
);
const SYNC_REQUIRED: Name = (
    "pgdeck_synchronous_standbys_required",
    "gauge",
    "Standbys that synchronous_standby_names requires.",
);
const SYNC_STREAMING: Name =
    ("pgdeck_synchronous_standbys_streaming", "gauge", "Standbys named there that stream.");
const SYNC_WAITING: Name =
    ("pgdeck_synchronous_commit_waiting", "gauge", "Sessions that wait for a synchronous standby.");
const APPLY_BYTES: Name =
    ("pgdeck_subscription_lag_bytes", "gauge", "Received by a subscription and not yet applied.");

/// Adds the metrics of one server.
pub fn metrics(replication: &Replication, server: &str, text: &mut Metrics) {
    let labels = [("server", server)];
    if let Some(newest) = replication.history.last() {
        if let Some(ms) = newest.ms {
            text.add(LAG_SECONDS, &labels, ms / 1_000.0);
        }
        if let Some(bytes) = newest.bytes {
            text.add(LAG_BYTES, &labels, bytes as f64);
        }
    }
    standbys(replication, server, text);
    for slot in replication.slots.iter().flatten() {
        of_slot(slot, server, text);
    }
    archiver(replication, server, text);
    synchronous(replication, server, text);
    for one in replication.subscriptions.iter().flatten() {
        if let Some(bytes) = one.lag_bytes {
            let labels = [("server", server), ("subscription", one.subname.as_str())];
            text.add(APPLY_BYTES, &labels, bytes as f64);
        }
    }
}

/// One sample per name, as a series must not come twice.
fn standbys(replication: &Replication, server: &str, text: &mut Metrics) {
    let mut worst: BTreeMap<&str, (Option<f64>, Option<i64>)> = BTreeMap::new();
    let senders = replication.senders.iter().flatten();
    for sender in senders.filter(|sender| sender.kind() == StreamKind::Standby) {
        let name = sender.application_name.as_deref().unwrap_or_default();
        let (ms, bytes) = worst.entry(name).or_default();
        *ms = [*ms, time_behind(sender)].into_iter().flatten().reduce(f64::max);
        *bytes = (*bytes).max(sender.total_lag_bytes);
    }
    for (name, (ms, bytes)) in worst {
        let labels = [("server", server), ("application_name", name)];
        if let Some(ms) = ms {
            text.add(STANDBY_SECONDS, &labels, ms / 1_000.0);
        }
        if let Some(bytes) = bytes {
            text.add(STANDBY_BYTES, &labels, bytes as f64);
        }
    }
}

fn of_slot(slot: &Slot, server: &str, text: &mut Metrics) {
    let labels = [
        ("server", server),
        ("slot_name", slot.slot_name.as_str()),
        ("slot_type", slot.slot_type.as_str()),
    ];
    let flag = |on: bool| if on { 1.0 } else { 0.0 };
    text.add(SLOT_ACTIVE, &labels, flag(slot.active));
    text.add(SLOT_LOST, &labels, flag(slot.state() == SlotState::Lost));
    if let Some(bytes) = slot.retained_bytes {
        text.add(SLOT_RETAINED, &labels, bytes as f64);
    }
    if let Some(bytes) = slot.safe_wal_bytes {
        text.add(SLOT_LEFT, &labels, bytes as f64);
    }
    if let Some(growth) = slot.growth_bytes_per_s {
        text.add(SLOT_GROWTH, &labels, growth);
    }
    if let Some(seconds) = slot.due_s() {
        text.add(SLOT_TIME_LEFT, &labels, seconds);
    }
}

/// Nothing where archiving is off.
fn archiver(replication: &Replication, server: &str, text: &mut Metrics) {
    let Ok(archiver) = &replication.archiver else { return };
    if !archiver.is_on(replication.position.in_recovery) {
        return;
    }
    let labels = [("server", server)];
    text.add(ARCHIVED, &labels, archiver.archived_count as f64);
    text.add(FAILED, &labels, archiver.failed_count as f64);
    text.add(FAILING, &labels, if archiver.failing { 1.0 } else { 0.0 });
    if let Some(ready) = archiver.ready {
        text.add(READY, &labels, ready as f64);
    }
    if let Some(ms) = archiver.last_archived_age_ms {
        text.add(ARCHIVED_AGO, &labels, ms / 1_000.0);
    }
}

/// Nothing where no standby is required.
fn synchronous(replication: &Replication, server: &str, text: &mut Metrics) {
    let position = &replication.position;
    let Some(required) = Required::parse(&position.synchronous_standby_names) else { return };
    if position.in_recovery {
        return;
    }
    let labels = [("server", server)];
    text.add(SYNC_REQUIRED, &labels, required.count as f64);
    if let Ok(senders) = &replication.senders {
        text.add(SYNC_STREAMING, &labels, required.present(senders) as f64);
    }
    if let Ok(waits) = &replication.sync_waits {
        text.add(SYNC_WAITING, &labels, waits.waiting as f64);
    }
}
