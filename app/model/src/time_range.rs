//! The time that a page shows: a span that ends now, or a window between two moments.

use serde::{Deserialize, Serialize};

use crate::Span;

/// Between the two moments of a window in one text.
const BETWEEN: &str = "..";
/// The longest window, ms: as long as the coarsest roll-ups may be kept.
const LONGEST_MS: i64 = 20 * 366 * DAY_MS;
/// The shortest, ms: two readings.
const SHORTEST_MS: i64 = 2_000;
const DAY_MS: i64 = 86_400_000;
/// Moments after this are none that a clock shows: the year 10000.
const LAST_MS: i64 = 253_402_300_800_000;

/// What the charts of a page show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TimeRange {
    /// A span that ends now.
    Last(Span),
    /// From one moment to another, ms since the epoch.
    Between {
        /// The first moment.
        from_ms: i64,
        /// The moment after the last.
        to_ms: i64,
    },
}

impl Default for TimeRange {
    fn default() -> Self {
        Self::Last(Span::Live)
    }
}

impl From<Span> for TimeRange {
    fn from(span: Span) -> Self {
        Self::Last(span)
    }
}

impl TimeRange {
    /// One text of the query parameters `range`, `from` and `to`, for [`TimeRange::read`]. A window goes
    /// before a span.
    pub fn text(range: &str, from: &str, to: &str) -> String {
        match (from, to) {
            ("", "") => range.to_owned(),
            _ => format!("{from}{BETWEEN}{to}"),
        }
    }

    /// The range of such a text; an empty one is live.
    ///
    /// Errors: a sentence that says what may be written.
    pub fn read(text: &str) -> Result<Self, String> {
        let Some((from, to)) = text.split_once(BETWEEN) else {
            return Span::read(text).map(Self::Last);
        };
        let window = moment(from).zip(moment(to)).and_then(|(from, to)| Self::between(from, to));
        window.ok_or_else(|| {
            "The window in the address is not two moments, from and a later to, such as 2026-11-21T07:12:00Z or milliseconds since 1970; shown is live.".to_owned()
        })
    }

    /// The window between two moments; None of such as are none.
    pub fn between(from_ms: i64, to_ms: i64) -> Option<Self> {
        let ms = to_ms.checked_sub(from_ms)?;
        let is_time = (0..LAST_MS).contains(&from_ms) && to_ms < LAST_MS;
        let is_window = is_time && (SHORTEST_MS..=LONGEST_MS).contains(&ms);
        is_window.then_some(Self::Between { from_ms, to_ms })
    }

    /// Whether it is what memory holds.
    pub fn is_live(self) -> bool {
        self == Self::default()
    }

    /// From and to; None where it is what memory holds.
    pub fn bounds(self, now_ms: i64) -> Option<(i64, i64)> {
        match self {
            Self::Last(span) => Some((now_ms - span.ms()?, now_ms)),
            Self::Between { from_ms, to_ms } => Some((from_ms, to_ms)),
        }
    }

    /// From and to; live is the last minutes.
    pub fn window(self, now_ms: i64) -> (i64, i64) {
        self.bounds(now_ms).unwrap_or((now_ms - Span::LIVE_MS, now_ms))
    }

    /// Half of it earlier.
    pub fn earlier(self, now_ms: i64) -> Option<Self> {
        let (from, to) = self.window(now_ms);
        let half = (to - from) / 2;
        Self::between(from - half, to - half)
    }

    /// Half of it later; what would reach beyond now is the span that ends now, or live. None when it ends
    /// now.
    pub fn later(self, now_ms: i64) -> Option<Self> {
        let Self::Between { from_ms, to_ms } = self else { return None };
        let (all, half) = (to_ms - from_ms, (to_ms - from_ms) / 2);
        if to_ms + half <= now_ms {
            return Self::between(from_ms + half, to_ms + half);
        }
        let span = Span::ALL.into_iter().find(|span| span.ms() == Some(all));
        Some(Self::Last(span.unwrap_or_default()))
    }

    /// The query parameters that say it, empty ones left out of an address: `range`, `from`, `to`.
    pub fn params(self) -> [(&'static str, String); 3] {
        let (range, from, to) = match self {
            Self::Last(Span::Live) => (String::new(), String::new(), String::new()),
            Self::Last(span) => (span.as_str().to_owned(), String::new(), String::new()),
            Self::Between { from_ms, to_ms } => {
                (String::new(), from_ms.to_string(), to_ms.to_string())
            }
        };
        [("range", range), ("from", from), ("to", to)]
    }
}

/// A moment: milliseconds since 1970, or ISO 8601 such as `2026-11-21T07:12:03Z`; without a zone it is UTC.
fn moment(text: &str) -> Option<i64> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    let (date, time) = text.split_once(['T', ' ']).unwrap_or((text, "00:00"));
    let day = day(date)?;
    let (time, zone_min) = zone(time)?;
    let mut parts = time.splitn(3, ':');
    let hour = number(parts.next()?, 2, 23)?;
    let minute = number(parts.next()?, 2, 59)?;
    let second_ms = parts.next().map_or(Some(0), second_ms)?;
    Some(day * DAY_MS + (hour * 60 + minute - zone_min) * 60_000 + second_ms)
}

/// Exactly so many digits, up to `most`.
fn number(text: &str, digits: usize, most: i64) -> Option<i64> {
    let is_number = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|n| is_number && *n <= most)
}

/// Days since 1970-01-01 (Howard Hinnant's `days_from_civil`).
fn day(date: &str) -> Option<i64> {
    let mut parts = date.splitn(3, '-');
    let year = number(parts.next()?, 4, 9_999)?;
    let month = number(parts.next()?, 2, 12).filter(|month| *month > 0)?;
    let day = number(parts.next()?, 2, 31).filter(|day| *day > 0)?;
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if day > days {
        return None;
    }
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let of_era = shifted - era * 400;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

/// A time without its zone, and the zone's minutes ahead of UTC.
fn zone(time: &str) -> Option<(&str, i64)> {
    if let Some(utc) = time.strip_suffix(['Z', 'z']) {
        return Some((utc, 0));
    }
    // A `+` in an address is read as a space.
    let Some(at) = time.find(['+', '-', ' ']) else { return Some((time, 0)) };
    let (time, zone) = time.split_at_checked(at)?;
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    Some((time, sign * (number(hours, 2, 14)? * 60 + number(minutes, 2, 59)?)))
}

/// `03` or `03.250`.
fn second_ms(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = part.len();
    let part = number(part, digits.clamp(1, 9), 999_999_999)?;
    let per_ms = 10_i64.pow(digits as u32);
    Some(number(whole, 2, 59)? * 1_000 + part * 1_000 / per_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAME: i64 = 1_709_164_799_000;

    #[test]
    fn moments_are_read_in_every_way_they_are_written() {
        for text in [
            "1709164799000",
            "2024-02-28T23:59:59Z",
            "2024-02-28T23:59:59",
            "2024-02-28 23:59:59.000",
            "2024-02-29T00:59:59+01:00",
            "2024-02-29T00:59:59 01:00",
            "2024-02-28T21:29:59.000-02:30",
        ] {
            assert_eq!(moment(text), Some(SAME), "{text}");
        }
        assert_eq!(moment("1970-01-01"), Some(0));
        assert_eq!(moment("2024-02-29T00:00"), Some(SAME + 1_000));
    }

    #[test]
    fn what_is_no_window_is_refused_in_a_sentence() {
        for (from, to) in [
            ("1", ""),
            ("", "1709164799000"),
            ("1709164799000", "1709164799000"),
            ("1709164799001", "1709164799000"),
            ("2023-02-29T00:00Z", "2023-03-01T00:00Z"),
            ("2024-02-28T24:00Z", "2024-03-01T00:00Z"),
            ("2024-13-01", "2025-01-01"),
            ("<script>", "0"),
            ("-5", "1709164799000"),
            ("0", "9223372036854775807"),
            ("99999999999999999999", "1"),
            ("0", "1709164799000"),
            ("2024-02-28T23:59:5é", "2024-02-29"),
            ("2024-02-28T23:59:59.1234567891", "2024-02-29"),
        ] {
            let refused = TimeRange::read(&TimeRange::text("24h", from, to));
            let sentence = refused.expect_err(from);
            assert!(sentence.starts_with("The window") && !sentence.contains('<'), "{sentence}");
        }
    }

    #[test]
    fn a_range_is_said_by_its_parameters() {
        let window = TimeRange::Between { from_ms: SAME, to_ms: SAME + 60_000 };
        for range in [window, TimeRange::default(), TimeRange::Last(Span::Week)] {
            let [(_, range_param), (_, from), (_, to)] = range.params();
            assert_eq!(TimeRange::read(&TimeRange::text(&range_param, &from, &to)), Ok(range));
        }
        let both = TimeRange::read(&TimeRange::text("7d", &SAME.to_string(), "2024-03-01"));
        assert_eq!(both, Ok(TimeRange::Between { from_ms: SAME, to_ms: SAME + 1_000 + DAY_MS }));
    }

    #[test]
    fn going_earlier_and_later_comes_back_to_now() {
        let (hour, now) = (3_600_000, SAME);
        let back = TimeRange::Last(Span::Hour).earlier(now).unwrap();
        assert_eq!(back.bounds(now), Some((now - hour * 3 / 2, now - hour / 2)));
        assert_eq!(back.later(now), TimeRange::between(now - hour, now));
        assert_eq!(back.later(now - 1), Some(TimeRange::Last(Span::Hour)));
        assert_eq!(TimeRange::Last(Span::Hour).later(now), None);
        let odd = TimeRange::between(now - 90_000, now).unwrap();
        assert_eq!(odd.later(now), Some(TimeRange::default()));
        assert_eq!(TimeRange::default().earlier(now).map(|r| r.window(now).1), Some(now - 150_000));
        assert_eq!(TimeRange::between(0, 10_000).unwrap().earlier(now), None);
    }
}
