//! Numbers as text: a unit on each, three significant digits, the exact value beside it.

use crate::duration::duration;
use crate::finding::Unit;

const KIB: f64 = 1024.0;
const MINUTE_MS: f64 = 60_000.0;
const HOUR_MS: f64 = 3_600_000.0;
const DAY_MS: f64 = 86_400_000.0;

/// The prefixes of a unit, smallest first: (factor, sign).
pub(crate) type Steps = &'static [(f64, &'static str)];

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

/// How many of the steps' base unit one is: steps of time are in milliseconds.
pub(crate) fn in_steps(unit: Unit) -> f64 {
    if unit == Unit::Seconds { 1e3 } else { 1.0 }
}

/// The prefixes of a unit.
pub(crate) fn steps(unit: Unit) -> Steps {
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

/// The prefix that leaves `largest` one to three digits before the decimal point.
pub(crate) fn step(unit: Unit, largest: f64) -> (f64, &'static str) {
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

/// A number and its sign; only `/s` stands without a space.
pub(crate) fn join(number: &str, sign: &str) -> String {
    match sign {
        "" => number.to_owned(),
        sign if sign.starts_with('/') => format!("{number}{sign}"),
        sign => format!("{number} {sign}"),
    }
}

/// A scaled number: at most three significant digits, all of them before the decimal point.
pub(crate) fn digits(scaled: f64) -> String {
    if scaled.abs() >= 999.5 { grouped(scaled.round()) } else { three_digits(scaled) }
}

/// At most three significant digits; integers below a thousand stay integers.
pub(crate) fn three_digits(value: f64) -> String {
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

/// A value with the unit that suits it; from one minute on a time is a duration in two units.
pub fn number(value: f64, unit: Unit) -> String {
    // The sum of nothing is −0.0, which is no number to show.
    let size = value * in_steps(unit) + 0.0;
    if matches!(unit, Unit::Ms | Unit::Seconds) && (MINUTE_MS..f64::INFINITY).contains(&size) {
        return duration(size);
    }
    let (worth, sign) = step(unit, size.abs());
    join(&digits(size / worth), sign)
}

/// The exact value for hover texts and copies: no rounding, thousands grouped.
pub fn exact(value: f64, unit: Unit) -> String {
    let sign = match unit {
        Unit::Count => "",
        Unit::Percent => "%",
        Unit::Bytes if value == 1.0 => "byte",
        Unit::Bytes => "bytes",
        Unit::Ms => "ms",
        Unit::Seconds => "s",
        Unit::Xids if value == 1.0 => "transaction",
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

/// A factor in words: `2.5 times`, `19,197 times`.
pub fn times(factor: f64) -> String {
    let number = if factor.abs() < 9.95 {
        three_digits((factor * 10.0).round() / 10.0)
    } else {
        grouped(factor.round())
    };
    format!("{number} {}", if number == "1" { "time" } else { "times" })
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
        assert_eq!(exact(1.0, Unit::Bytes), "1 byte");
    }

    #[test]
    fn times_go_from_nanoseconds_to_days() {
        assert_eq!(number(0.000_25, Unit::Ms), "250 ns");
        assert_eq!(number(0.25, Unit::Ms), "250 µs");
        assert_eq!(number(999.7, Unit::Ms), "1 s");
        assert_eq!(number(52_340.0, Unit::Ms), "52.3 s");
        assert_eq!(number(73.4, Unit::Seconds), "1 min 13 s");
        assert_eq!(number(90.0, Unit::Seconds), "1 min 30 s");
        assert_eq!(number(0.0, Unit::Ms), "0 ms");
        assert_eq!(number(172_800_000.0, Unit::Ms), "2 d");
        assert_eq!(number(f64::INFINITY, Unit::Ms), "? ms");
    }

    #[test]
    fn shares_counts_and_rates() {
        assert_eq!(number(99.944, Unit::Percent), "99.9 %");
        assert_eq!(number(12_345.0, Unit::Count), "12.3 k");
        assert_eq!(number(7.0, Unit::Count), "7");
        assert_eq!(number(1_234.5, Unit::PerSecond), "1.23 k/s");
        assert_eq!(number(12.34, Unit::PerSecond), "12.3/s");
        assert_eq!(times(1.0), "1 time");
        assert_eq!(times(2.54), "2.5 times");
        assert_eq!(times(1_000.2), "1,000 times");
        assert_eq!(times(19_197.0), "19,197 times");
    }

    #[test]
    fn groups_thousands() {
        assert_eq!(grouped(-1_234_567.25), "-1,234,567.25");
        assert_eq!(grouped(999.0), "999");
        assert_eq!(plural(1, "session", "sessions"), "1 session");
        assert_eq!(plural(2_000, "session", "sessions"), "2,000 sessions");
    }
}
