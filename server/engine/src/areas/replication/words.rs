//! Numbers in the words of findings: bytes and times in the unit that fits.

use model::replication::StreamKind;

/// Bytes with a binary prefix: `1.1 KiB`, `317 MiB`.
pub fn bytes(bytes: f64) -> String {
    let units = [("GiB", 1_073_741_824.0), ("MiB", 1_048_576.0), ("KiB", 1_024.0)];
    match units.into_iter().find(|(_, size)| bytes >= *size) {
        Some((unit, size)) if bytes / size >= 10.0 => format!("{:.0} {unit}", bytes / size),
        Some((unit, size)) => format!("{:.1} {unit}", bytes / size),
        None => format!("{bytes:.0} bytes"),
    }
}

/// A time: `46 s`, `12 min`, `3 h`, `2 d`.
pub fn time(ms: f64) -> String {
    let seconds = ms / 1_000.0;
    match seconds {
        s if s >= 172_800.0 => format!("{:.0} d", s / 86_400.0),
        s if s >= 7_200.0 => format!("{:.0} h", s / 3_600.0),
        s if s >= 120.0 => format!("{:.0} min", s / 60.0),
        s => format!("{s:.0} s"),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_fits_the_number() {
        assert_eq!(bytes(1_116.0), "1.1 KiB");
        assert_eq!(bytes(0.0), "0 bytes");
        assert_eq!(bytes(332_000_000.0), "317 MiB");
        assert_eq!(time(46_400.0), "46 s");
        assert_eq!(time(1_800_000.0), "30 min");
    }
}
