//! Formatting of numbers, durations and times: a unit on each, three significant digits, the exact
//! value for the tooltip. Reads no clock.

use model::Unit;

const KIB: f64 = 1024.0;
const MINUTE_MS: f64 = 60_000.0;
const HOUR_MS: f64 = 3_600_000.0;
const DAY_MS: f64 = 86_400_000.0;

/// The prefixes of a unit, smallest first: (factor, sign).
type Steps = &'static [(f64, &'static str)];

const BYTES: Steps = &[
    (1.0, "B"),
    (KIB, "KiB"),
    (KIB * KIB, "MiB"),
    (KIB * KIB * KIB, "GiB"),
    (KIB * KIB * KIB * KIB, "TiB"),
    (KIB * KIB * KIB * KIB * KIB, "PiB"),
];
const BYTES_PER_S: Steps =
    &[(1.0, "B/s"), (KIB, "KiB/s"), (KIB * KIB, "MiB/s"), (KIB * KIB * KIB, "GiB/s")];
const TIMES: Steps = &[
    (1e-6, "ns"),
    (1e-3, "µs"),
    (1.0, "ms"),
    (1e3, "s"),
    (MINUTE_MS, "min"),
    (HOUR_MS, "h"),
    (DAY_MS, "d"),
];
const COUNTS: Steps = &[(1.0, ""), (1e3, "k"), (1e6, "M"), (1e9, "G")];
const PER_S: Steps = &[(1.0, "/s"), (1e3, "k/s"), (1e6, "M/s")];
const XIDS: Steps = &[(1.0, "xids"), (1e3, "k xids"), (1e6, "M xids"), (1e9, "G xids")];
const PERCENT: Steps = &[(1.0, "%")];

/// The scale of a column or an axis: chosen once from its largest value, so that numbers compare at
/// a glance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    worth: f64,
    sign: &'static str,
}

impl Scale {
    /// The scale in which the largest of `values` has one to three digits before the decimal point.
    pub fn new(unit: Unit, values: impl IntoIterator<Item = f64>) -> Self {
        let factor = if unit == Unit::Seconds { 1e3 } else { 1.0 };
        let largest = values.into_iter().map(|v| (v * factor).abs()).fold(0.0, f64::max);
        let (worth, sign) = step(unit, largest);
        Self { worth: worth / factor, sign }
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

    /// An already scaled value with its unit, for an axis.
    pub fn label(&self, scaled: f64) -> String {
        join(&three_digits(scaled), self.sign)
    }

    /// The number alone, in this scale, at most three significant digits.
    pub fn number(&self, value: f64) -> String {
        let scaled = value / self.worth;
        if scaled.abs() >= 999.5 { grouped(scaled.round()) } else { three_digits(scaled) }
    }

    /// The number with its unit.
    pub fn show(&self, value: f64) -> String {
        join(&self.number(value), self.sign)
    }
}

fn steps(unit: Unit) -> Steps {
    match unit {
        Unit::Count => COUNTS,
        Unit::Percent => PERCENT,
        Unit::Bytes => BYTES,
        Unit::Ms | Unit::Seconds => TIMES,
        Unit::Xids => XIDS,
        Unit::PerSecond => PER_S,
        Unit::BytesPerSecond => BYTES_PER_S,
    }
}

fn step(unit: Unit, largest: f64) -> (f64, &'static str) {
    let steps = steps(unit);
    let zero = match unit {
        Unit::Ms | Unit::Seconds => (1.0, "ms"),
        _ => steps.first().copied().unwrap_or((1.0, "")),
    };
    if largest == 0.0 || !largest.is_finite() {
        return zero;
    }
    // 999.6 would round to four digits and 1023 B has four: use the next prefix.
    let fits = |below: f64, worth: f64| largest >= (worth * 0.9995).min(below * 999.5);
    steps
        .windows(2)
        .rev()
        .find_map(|pair| match pair {
            [(below, _), (worth, sign)] if fits(*below, *worth) => Some((*worth, *sign)),
            _ => None,
        })
        .or(steps.first().copied())
        .unwrap_or(zero)
}

fn join(number: &str, sign: &str) -> String {
    match sign {
        "" => number.to_owned(),
        sign if sign.starts_with('/') => format!("{number}{sign}"),
        sign => format!("{number} {sign}"),
    }
}

/// At most three significant digits; integers below a thousand stay integers.
fn three_digits(value: f64) -> String {
    if !value.is_finite() {
        return "?".into();
    }
    let size = value.abs();
    let decimals = match size {
        s if s >= 99.95 || s == 0.0 => 0,
        s if s >= 9.995 => 1,
        s if s >= 0.9995 => 2,
        s if s >= 0.0995 => 3,
        _ => 4,
    };
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// A value with the unit that suits it.
pub fn number(value: f64, unit: Unit) -> String {
    Scale::new(unit, [value]).show(value)
}

/// The exact value for hover texts and copies: no rounding, thousands grouped.
pub fn exact(value: f64, unit: Unit) -> String {
    let sign = match unit {
        Unit::Count => "",
        Unit::Percent => "%",
        Unit::Bytes => "bytes",
        Unit::Ms => "ms",
        Unit::Seconds => "s",
        Unit::Xids => "transactions",
        Unit::PerSecond => "per second",
        Unit::BytesPerSecond => "bytes per second",
    };
    join(&grouped(value), sign)
}

/// The value written out with thousands grouped, up to three decimals.
pub fn grouped(value: f64) -> String {
    if !value.is_finite() {
        return "?".into();
    }
    let text = format!("{:.3}", value.abs());
    let text = text.trim_end_matches('0').trim_end_matches('.');
    let (whole, rest) = text.split_once('.').map_or((text, None), |(w, r)| (w, Some(r)));
    let mut out = String::new();
    if value < 0.0 && text != "0" {
        out.push('-');
    }
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(rest) = rest {
        out.push('.');
        out.push_str(rest);
    }
    out
}

/// An age in the two largest units that matter: `350 ms`, `4.2 s`, `12 min 5 s`, `3 h 12 min`.
pub fn age(ms: f64) -> String {
    let ms = if ms.is_finite() { ms.max(0.0) } else { return "?".into() };
    if ms < 1_000.0 {
        return format!("{ms:.0} ms");
    }
    if ms < 10_000.0 {
        return format!("{} s", three_digits((ms / 100.0).floor() / 10.0));
    }
    let two = |large: f64, sign: &str, small: f64, small_sign: &str| {
        let whole = (ms / large).floor();
        let rest = ((ms - whole * large) / small).floor();
        if rest < 1.0 {
            format!("{whole} {sign}")
        } else {
            format!("{whole} {sign} {rest} {small_sign}")
        }
    };
    match ms {
        ms if ms < MINUTE_MS => format!("{} s", (ms / 1e3).floor()),
        ms if ms < HOUR_MS => two(MINUTE_MS, "min", 1e3, "s"),
        ms if ms < DAY_MS => two(HOUR_MS, "h", MINUTE_MS, "min"),
        _ => two(DAY_MS, "d", HOUR_MS, "h"),
    }
}

/// An age in whole steps of `step_ms`, for texts that tick: `now` below the first step.
pub fn whole_age(ms: i64, step_ms: i64) -> String {
    match ms / step_ms.max(1) {
        steps if steps <= 0 => "now".into(),
        steps => age((steps * step_ms) as f64),
    }
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

/// `1 session`, `3 sessions`.
pub fn plural(count: i64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count as f64), if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_binary_with_three_digits() {
        assert_eq!(number(0.0, Unit::Bytes), "0 B");
        assert_eq!(number(999.0, Unit::Bytes), "999 B");
        assert_eq!(number(1023.0, Unit::Bytes), "0.999 KiB");
        assert_eq!(number(1536.0, Unit::Bytes), "1.5 KiB");
        assert_eq!(number(123_456_789.0, Unit::Bytes), "118 MiB");
        assert_eq!(exact(123_456_789.0, Unit::Bytes), "123,456,789 bytes");
    }

    #[test]
    fn times_go_from_nanoseconds_to_days() {
        assert_eq!(number(0.000_25, Unit::Ms), "250 ns");
        assert_eq!(number(0.25, Unit::Ms), "250 µs");
        assert_eq!(number(999.7, Unit::Ms), "1 s");
        assert_eq!(number(90.0, Unit::Seconds), "1.5 min");
        assert_eq!(number(0.0, Unit::Ms), "0 ms");
        assert_eq!(number(172_800_000.0, Unit::Ms), "2 d");
    }

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
    fn shares_counts_and_rates() {
        assert_eq!(number(99.944, Unit::Percent), "99.9 %");
        assert_eq!(number(12_345.0, Unit::Count), "12.3 k");
        assert_eq!(number(7.0, Unit::Count), "7");
        assert_eq!(number(1_234.5, Unit::PerSecond), "1.23 k/s");
        assert_eq!(number(12.34, Unit::PerSecond), "12.3/s");
    }

    #[test]
    fn ages_use_two_units() {
        assert_eq!(age(350.4), "350 ms");
        assert_eq!(age(4_260.0), "4.2 s");
        assert_eq!(age(59_900.0), "59 s");
        assert_eq!(age(725_000.0), "12 min 5 s");
        assert_eq!(age(720_000.0), "12 min");
        assert_eq!(age(11_520_000.0), "3 h 12 min");
        assert_eq!(age(-5.0), "0 ms");
        assert_eq!(whole_age(999, 1_000), "now");
        assert_eq!(whole_age(3_999, 1_000), "3 s");
    }

    #[test]
    fn moments_are_utc() {
        assert_eq!(moment(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(moment(1_709_164_799_000), "2024-02-28 23:59:59 UTC");
        assert_eq!(moment(1_709_164_800_000), "2024-02-29 00:00:00 UTC");
        assert_eq!(moment(-1_000), "1969-12-31 23:59:59 UTC");
    }

    #[test]
    fn groups_thousands() {
        assert_eq!(grouped(-1_234_567.25), "-1,234,567.25");
        assert_eq!(grouped(999.0), "999");
        assert_eq!(plural(1, "session", "sessions"), "1 session");
        assert_eq!(plural(2_000, "session", "sessions"), "2,000 sessions");
    }
}
