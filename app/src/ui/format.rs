//! Formatting of numbers, durations and times for pages: as in the model, and no line breaks between
//! a number and its unit. Reads no clock.

use model::Unit;
use model::{quantity, scale};

pub use quantity::{exact, grouped, plural, times};

/// Units that a number keeps on its line.
const UNITS: [&str; 16] = [
    "%", "B", "GiB", "KiB", "MB", "MiB", "PiB", "TiB", "d", "h", "kB", "min", "ms", "ns", "s", "µs",
];

/// The scale of a column or an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale(scale::Scale);

impl Scale {
    /// The scale in which the largest of `values` has one to three digits before the decimal point.
    pub fn new(unit: Unit, values: impl IntoIterator<Item = f64>) -> Self {
        Self(scale::Scale::new(unit, values))
    }

    /// The scale of an axis that ends at `top`.
    pub fn for_axis(unit: Unit, top: f64) -> Self {
        Self(scale::Scale::for_axis(unit, top))
    }

    /// The scale of a table column.
    pub fn for_column(unit: Unit, values: impl IntoIterator<Item = f64>) -> Self {
        Self(scale::Scale::for_column(unit, values))
    }

    /// The unit's sign, empty for a plain count.
    pub fn sign(&self) -> &'static str {
        self.0.sign()
    }

    /// The value in this scale, unrounded.
    pub fn scaled(&self, value: f64) -> f64 {
        self.0.scaled(value)
    }

    /// An already scaled value with its unit, for an axis.
    pub fn label(&self, scaled: f64) -> String {
        self.0.label(scaled)
    }

    /// The number alone, in this scale.
    pub fn number(&self, value: f64) -> String {
        self.0.number(value)
    }

    /// The number with its unit.
    pub fn show(&self, value: f64) -> String {
        unbroken(&self.0.show(value))
    }
}

/// A value with the unit that suits it.
pub fn number(value: f64, unit: Unit) -> String {
    unbroken(&quantity::number(value, unit))
}

/// An age in its two largest units: `350 ms`, `4.2 s`, `12 min 5 s`, `3 h 12 min`.
pub fn age(ms: f64) -> String {
    unbroken(&model::duration(ms))
}

/// A text in which no line ends between a number and its unit: the space there is a no-break space.
pub fn unbroken(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for word in text.split(' ') {
        if !out.is_empty() {
            let unit = word.trim_end_matches(['.', ',', ';', ':', ')', '…']).trim_end_matches("/s");
            let together = out.ends_with(|c: char| c.is_ascii_digit()) && UNITS.contains(&unit);
            out.push(if together { '\u{a0}' } else { ' ' });
        }
        out.push_str(word);
    }
    out
}

/// A text with plain spaces, for files and for comparing with what was typed.
pub fn plain(text: &str) -> String {
    text.replace('\u{a0}', " ")
}

/// An age in whole steps of `step_ms`, for texts that tick: `now` below the first step.
pub fn whole_age(ms: i64, step_ms: i64) -> String {
    match ms / step_ms.max(1) {
        steps if steps <= 0 => "now".into(),
        steps => age((steps * step_ms) as f64),
    }
}

/// How long ago a moment was, in whole steps: `3 min ago`, or `now`.
pub fn ago(ms: i64, step_ms: i64) -> String {
    if ms < step_ms { "now".to_owned() } else { format!("{} ago", whole_age(ms, step_ms)) }
}

/// A moment as `2026-11-21 07:12:03 UTC`.
pub fn moment(ms: i64) -> String {
    let seconds = ms.div_euclid(1_000);
    let (year, month, day) = civil(seconds.div_euclid(86_400));
    format!("{year:04}-{month:02}-{day:02} {} UTC", time_of_day(ms))
}

/// The time of day as `07:12:03`, UTC.
pub fn time_of_day(ms: i64) -> String {
    let second = ms.div_euclid(1_000).rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60)
}

/// The day and time of day as `11-21 07:12:03`, UTC.
pub fn day_and_time(ms: i64) -> String {
    let (_, month, day) = civil(ms.div_euclid(86_400_000));
    format!("{month:02}-{day:02} {}", time_of_day(ms))
}

/// Year, month and day of a count of days since 1970-01-01 (Howard Hinnant's `civil_from_days`).
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_stays_with_its_number() {
        assert_eq!(age(725_000.0), "12\u{a0}min 5\u{a0}s");
        assert_eq!(number(1536.0, Unit::Bytes), "1.5\u{a0}KiB");
        assert_eq!(unbroken("waits for 4 s, since 3 d."), "waits for 4\u{a0}s, since 3\u{a0}d.");
        assert_eq!(unbroken("pid 4 sees 5 sessions"), "pid 4 sees 5 sessions");
        assert_eq!(plain(&age(725_000.0)), "12 min 5 s");
    }

    #[test]
    fn an_age_that_ticks_is_whole() {
        assert_eq!(whole_age(999, 1_000), "now");
        assert_eq!(whole_age(3_999, 1_000), "3\u{a0}s");
    }

    #[test]
    fn moments_are_utc() {
        assert_eq!(moment(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(moment(1_709_164_799_000), "2024-02-28 23:59:59 UTC");
        assert_eq!(moment(1_709_164_800_000), "2024-02-29 00:00:00 UTC");
        assert_eq!(moment(-1_000), "1969-12-31 23:59:59 UTC");
    }
}
