//! Prometheus metrics of replication: the lag of the server, of each receiver of WAL, and slots.

use std::collections::BTreeMap;

use model::replication::{Replication, Sender, Slot};

use crate::metrics::{Metrics, Name};

const LAG_SECONDS: Name = (
    "pgdeck_replication_lag_seconds",
    "gauge",
    "Replay lag: a standby's own, or the worst of a primary's standbys.",
);
const LAG_BYTES: Name = ("pgdeck_replication_lag_bytes", "gauge", "The same in bytes of WAL.");
const SENDER_LAG: Name = (
    "pgdeck_walsender_replay_lag_bytes",
    "gauge",
    "WAL that a receiver has not replayed yet, by application_name; the worst of one name.",
);
const SLOT_ACTIVE: Name =
    ("pgdeck_replication_slot_active", "gauge", "Whether a receiver streams from the slot.");
const SLOT_RETAINED: Name =
    ("pgdeck_replication_slot_retained_bytes", "gauge", "WAL that the slot keeps.");
const SLOT_SAFE: Name = (
    "pgdeck_replication_slot_safe_bytes",
    "gauge",
    "WAL that may still be written before the slot loses what it needs.",
);

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
    senders(replication.senders.iter().flatten(), server, text);
    for slot in replication.slots.iter().flatten() {
        slot_metrics(slot, server, text);
    }
}

/// Several receivers may have one name, and a sample may stand there only once.
fn senders<'a>(all: impl Iterator<Item = &'a Sender>, server: &str, text: &mut Metrics) {
    let mut worst: BTreeMap<&str, i64> = BTreeMap::new();
    for sender in all {
        if let Some(bytes) = sender.replay_lag_bytes {
            let name = sender.application_name.as_deref().unwrap_or_default();
            worst.entry(name).and_modify(|known| *known = bytes.max(*known)).or_insert(bytes);
        }
    }
    for (name, bytes) in worst {
        text.add(SENDER_LAG, &[("server", server), ("application_name", name)], bytes as f64);
    }
}

fn slot_metrics(slot: &Slot, server: &str, text: &mut Metrics) {
    let labels = [
        ("server", server),
        ("slot_name", slot.slot_name.as_str()),
        ("slot_type", slot.slot_type.as_str()),
    ];
    text.add(SLOT_ACTIVE, &labels, f64::from(u8::from(slot.active)));
    if let Some(bytes) = slot.retained_bytes {
        text.add(SLOT_RETAINED, &labels, bytes as f64);
    }
    if let Some(bytes) = slot.safe_wal_bytes {
        text.add(SLOT_SAFE, &labels, bytes as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receivers_of_one_name_are_one_sample() {
        let sender = |name: &str, bytes| Sender {
            application_name: Some(name.to_owned()),
            replay_lag_bytes: bytes,
            ..Sender::default()
        };
        let all = [sender("a", Some(5)), sender("a", Some(9)), sender("b", None)];
        let mut text = Metrics::default();
        senders(all.iter(), "one", &mut text);
        let text = text.finish();
        let wanted = "pgdeck_walsender_replay_lag_bytes{server=\"one\",application_name=\"a\"} 9\n";
        assert!(text.ends_with(wanted), "{text}");
    }

    #[test]
    fn what_a_slot_does_not_tell_is_left_out() {
        let slot = Slot {
            slot_name: "s".into(),
            retained_bytes: Some(7),
            active: true,
            ..Slot::default()
        };
        let mut text = Metrics::default();
        slot_metrics(&slot, "one", &mut text);
        let text = text.finish();
        assert!(
            text.contains("_active{server=\"one\",slot_name=\"s\",slot_type=\"\"} 1\n"),
            "{text}"
        );
        assert!(text.contains("_retained_bytes{") && !text.contains("_safe_bytes"), "{text}");
    }
}
