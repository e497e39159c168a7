//! Numbers in the words of findings: bytes and times in the unit that fits.

use model::quantity::number;
use model::replication::{Slot, StreamKind, TimeLeft};
use model::{Evidence, Unit};

/// Bytes with a binary prefix: `1.09 KiB`, `317 MiB`.
pub fn bytes(bytes: f64) -> String {
    number(bytes, Unit::Bytes)
}

/// A time: `46 s`, `12 min 5 s`, `3 h`.
pub fn time(ms: f64) -> String {
    model::duration(ms)
}

/// How fast a slot grows and for how long that can go on, as sentences that follow others; empty where it
/// does not grow.
pub fn growth(slot: &Slot) -> String {
    let Some(grown) = per_minute(slot) else { return String::new() };
    let grown = bytes(grown);
    match slot.time_left() {
        TimeLeft::Seconds(seconds) => {
            format!(
                " It grows by {grown} a minute: max_slot_wal_keep_size is reached in {} at this rate.",
                time(seconds * 1_000.0)
            )
        }
        TimeLeft::NoLimit => format!(
            " It grows by {grown} a minute, and no max_slot_wal_keep_size ends that; PostgreSQL does not tell how much room the disk has."
        ),
        _ => format!(" It grows by {grown} a minute."),
    }
}

/// The same as evidence.
pub fn growth_evidence(slot: &Slot) -> Option<Evidence> {
    let value = per_minute(slot)?;
    Some(Evidence { name: "growth in a minute".into(), value, unit: Unit::Bytes })
}

/// Bytes that a slot which grows has more after a minute.
fn per_minute(slot: &Slot) -> Option<f64> {
    slot.growth_bytes_per_s.map(|growth| growth * 60.0).filter(|grown| *grown >= 1.0)
}

/// The client at the other end with its name, to begin a sentence with: `Standby “s1”`.
pub fn client(kind: StreamKind, name: Option<&str>) -> String {
    let noun = match kind {
        StreamKind::Standby | StreamKind::Unknown => "standby",
        other => other.as_str(),
    };
    match name.filter(|name| !name.is_empty()) {
        Some(name) => format!("{noun} “{name}”"),
        None => format!("{noun} without a name"),
    }
}

/// The same with a capital letter.
pub fn capitalised(mut words: String) -> String {
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}
