//! A band of bytes in words.

use model::Unit;
use model::tables::Reclaimable;

use super::format;

/// `80 MiB – 95 MiB`; one value where both ends are the same.
pub fn span(sum: &Reclaimable) -> String {
    match (bytes(sum.low), bytes(sum.high)) {
        (low, high) if low == high => low,
        (low, high) => format!("{low} – {high}"),
    }
}

/// The band in words.
pub fn in_words(sum: &Reclaimable) -> String {
    let likely = match sum.likely {
        Some(likely) => format!("likely {}, ", bytes(likely)),
        None => String::new(),
    };
    format!("at least {}, {likely}at most {}", bytes(sum.low), bytes(sum.high))
}

fn bytes(bytes: i64) -> String {
    format::number(bytes as f64, Unit::Bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_without_a_likely_value_has_two_ends_only() {
        let sum = Reclaimable { low: 1 << 20, likely: None, high: 3 << 20, unknown: 0 };
        assert_eq!(in_words(&sum).replace('\u{a0}', " "), "at least 1 MiB, at most 3 MiB");
        assert_eq!(span(&sum).replace('\u{a0}', " "), "1 MiB – 3 MiB");
        let known = Reclaimable { likely: Some(2 << 20), ..sum };
        let words = in_words(&known).replace('\u{a0}', " ");
        assert_eq!(words, "at least 1 MiB, likely 2 MiB, at most 3 MiB");
        assert_eq!(span(&Reclaimable::default()).replace('\u{a0}', " "), "0 B");
    }
}
