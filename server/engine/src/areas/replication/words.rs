//! Numbers in the words of findings: bytes and times in the unit that fits.

use model::Unit;
use model::quantity::number;
use model::replication::StreamKind;

/// Bytes with a binary prefix: `1.09 KiB`, `317 MiB`.
pub fn bytes(bytes: f64) -> String {
    number(bytes, Unit::Bytes)
}

/// A time: `46 s`, `12 min 5 s`, `3 h`.
pub fn time(ms: f64) -> String {
    model::duration(ms)
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
