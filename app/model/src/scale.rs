//! One scale for the numbers of a column or an axis.

use crate::finding::Unit;
use crate::quantity::{digits, in_steps, join, number, step, steps, three_digits};

/// A column keeps its unit down to this part of one; smaller values get their own unit.
const SMALLEST_PART: f64 = 0.0995;
/// An axis has a unit of time once it reaches this many of it, so that no tick is half of one.
const AXIS_FROM: f64 = 4.0;

/// The scale of a column or an axis: chosen once from its largest value, so that numbers compare at
/// a glance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    unit: Unit,
    worth: f64,
    sign: &'static str,
}

impl Scale {
    /// The scale in which the largest of `values` has one to three digits before the decimal point.
    pub fn new(unit: Unit, values: impl IntoIterator<Item = f64>) -> Self {
        let factor = in_steps(unit);
        let largest = values.into_iter().map(|v| (v * factor).abs()).fold(0.0, f64::max);
        let (worth, sign) = step(unit, largest);
        Self { unit, worth: worth / factor, sign }
    }

    /// The scale of an axis that ends at `top`.
    pub fn for_axis(unit: Unit, top: f64) -> Self {
        let is_time = matches!(unit, Unit::Ms | Unit::Seconds);
        let far = top.abs() * in_steps(unit);
        let steps = steps(unit).iter().filter(|(worth, _)| *worth >= 1e3);
        let fits = |(worth, _): &&(f64, &str)| *worth <= 1e3 || *worth * AXIS_FROM <= far;
        match steps.rev().find(fits) {
            Some((worth, sign)) if is_time && far >= 1e3 => {
                Self { unit, worth: worth / in_steps(unit), sign }
            }
            _ => Self::new(unit, [top]),
        }
    }

    /// The scale of a table column: that of the median, so that one outlier does not leave the rest
    /// with leading zeros; larger where the outlier would need more than six digits.
    pub fn for_column(unit: Unit, values: impl IntoIterator<Item = f64>) -> Self {
        let mut sizes: Vec<f64> = values.into_iter().map(f64::abs).filter(|v| *v > 0.0).collect();
        sizes.sort_unstable_by(f64::total_cmp);
        let middle = sizes.get(sizes.len() / 2).copied().unwrap_or(0.0);
        let largest = sizes.last().copied().unwrap_or(0.0);
        Self::new(unit, [middle.max(largest / 1e3)])
    }

    /// The unit's sign, empty for a plain count.
    pub fn sign(&self) -> &'static str {
        self.sign
    }

    /// The value in this scale, unrounded.
    pub fn scaled(&self, value: f64) -> f64 {
        value / self.worth
    }

    /// An already scaled value with its unit, for an axis; zero has none.
    pub fn label(&self, scaled: f64) -> String {
        if scaled == 0.0 { "0".into() } else { join(&three_digits(scaled), self.sign) }
    }

    /// The number alone, in this scale, at most three significant digits.
    pub fn number(&self, value: f64) -> String {
        digits(value / self.worth)
    }

    /// The number with its unit; one that is too small for this scale has its own, and from one minute
    /// on a time is a duration in two units.
    pub fn show(&self, value: f64) -> String {
        let is_time = matches!(self.unit, Unit::Ms | Unit::Seconds);
        let long = is_time && value * in_steps(self.unit) >= 60_000.0;
        if long || (value / self.worth).abs() < SMALLEST_PART {
            return number(value, self.unit);
        }
        join(&self.number(value), self.sign)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_column_has_one_unit() {
        let scale = Scale::new(Unit::Bytes, [10.0, 5_000_000.0]);
        assert_eq!(scale.sign(), "MiB");
        assert_eq!(scale.number(5_000_000.0), "4.77");
        assert_eq!(scale.number(524_288.0), "0.5");
        let column = Scale::for_column(Unit::Bytes, [300.0, 1_536.0, 2_048.0, 1_900_000.0, 0.0]);
        assert_eq!(column.show(1_536.0), "1.5 KiB");
        assert_eq!(column.show(1_900_000.0), "1,855 KiB");
        assert_eq!(Scale::for_column(Unit::Bytes, [1.0, 1.0, 1e12]).show(1e12), "953,674 MiB");
    }

    #[test]
    fn what_is_too_small_for_the_column_has_its_own_unit() {
        let column = Scale::new(Unit::Bytes, [1_536.0]);
        assert_eq!(column.show(20.0), "20 B");
        assert_eq!(column.show(0.0), "0 B");
        assert_eq!(Scale::new(Unit::Ms, [5.0]).show(0.02), "20 µs");
        assert_eq!(Scale::new(Unit::Ms, [1e6]).show(73_400.0), "1 min 13 s");
    }

    #[test]
    fn axes_have_ticks_of_whole_units_and_a_plain_zero() {
        assert_eq!(Scale::for_axis(Unit::Seconds, 130.0).label(100.0), "100 s");
        assert_eq!(Scale::for_axis(Unit::Ms, 240_000.0).label(1.0), "1 min");
        assert_eq!(Scale::for_axis(Unit::Ms, 7_200_000.0).label(60.0), "60 min");
        assert_eq!(Scale::for_axis(Unit::Ms, 12.0).label(5.0), "5 ms");
        assert_eq!(Scale::for_axis(Unit::Bytes, 5e6).label(0.0), "0");
    }
}
