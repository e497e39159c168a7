//! How many rows fit on a page that is filled one row after another.

use std::f64::consts::PI;

/// Bytes that stay free at the end of a page: with rows of one length the remainder, with rows of many lengths
/// half of a row, weighted by length.
///
/// `length` includes the line pointer; `variance` is that of the length.
pub(crate) fn waste(room: f64, length: f64, variance: f64) -> f64 {
    if length >= room {
        return 0.0;
    }
    let spread = variance / (length * length);
    let rows = room / length;
    let regular = (-2.0 * PI * PI * (rows * spread).min(40.0)).exp();
    let remainder = rows - (rows + 1e-9).floor();
    (room - length).min(length * ((1.0 + spread) / 2.0 + (remainder - 0.5) * regular))
}

/// Rows on a page, at least one.
pub(crate) fn rows_per_page(room: f64, length: f64, variance: f64) -> f64 {
    ((room - waste(room, length, variance)) / length).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_one_length_leave_the_remainder() {
        assert_eq!(rows_per_page(8_168.0, 28.0, 0.0).round(), 291.0);
        assert!((waste(8_168.0, 1_644.0, 0.0) - (8_168.0 - 4.0 * 1_644.0)).abs() < 1e-6);
    }

    #[test]
    fn rows_of_many_lengths_leave_half_a_row() {
        let waste = waste(8_168.0, 100.0, 40.0 * 40.0);
        assert!((waste - 58.0).abs() < 1.0, "{waste}");
    }

    #[test]
    fn a_row_as_long_as_a_page_fills_it() {
        assert_eq!(rows_per_page(8_168.0, 9_000.0, 0.0), 1.0);
    }
}
