//! Majors of PostgreSQL: when each was released and when the project ends its support.

use std::fmt;

/// A day of the calendar, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: i64,
    month: i64,
    day: i64,
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Date {
    /// When it begins, ms since the epoch (Howard Hinnant's `days_from_civil`).
    pub fn ms(self) -> i64 {
        let year = if self.month <= 2 { self.year - 1 } else { self.year };
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((self.month + 9) % 12) + 2) / 5 + self.day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        (era * 146_097 + day_of_era - 719_468) * 86_400_000
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let month = usize::try_from(self.month - 1).ok().and_then(|at| MONTHS.get(at));
        write!(f, "{} {} {}", self.day, month.unwrap_or(&"?"), self.year)
    }
}

/// The life of a major.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// The major.
    pub major: u16,
    /// Its first release.
    pub released: Date,
    /// Its end of life: the last minor release is made on this day.
    pub ends: Date,
}

const fn life(major: u16, released: (i64, i64, i64), ends: (i64, i64, i64)) -> Life {
    const fn date((year, month, day): (i64, i64, i64)) -> Date {
        Date { year, month, day }
    }
    Life { major, released: date(released), ends: date(ends) }
}

/// The majors whose dates are published, oldest first: <https://www.postgresql.org/support/versioning/>.
pub const LIVES: [Life; 5] = [
    life(14, (2021, 9, 30), (2026, 11, 12)),
    life(15, (2022, 10, 13), (2027, 11, 11)),
    life(16, (2023, 9, 14), (2028, 11, 9)),
    life(17, (2024, 9, 26), (2029, 11, 8)),
    life(18, (2025, 9, 25), (2030, 11, 14)),
];

/// The life of that major; None where its dates are not published here. One that is newer than all of
/// `LIVES` ends later than the last of them.
pub fn life_of(major: u16) -> Option<Life> {
    LIVES.into_iter().find(|life| life.major == major)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_days_since_the_epoch() {
        let date = |year, month, day| Date { year, month, day }.ms() / 86_400_000;
        assert_eq!(date(1970, 1, 1), 0);
        assert_eq!(date(2000, 2, 29), 11_016);
        assert_eq!(date(2026, 11, 12), 20_769);
        assert_eq!(life_of(14).map(|life| life.ends.to_string()), Some("12 November 2026".into()));
    }

    #[test]
    fn a_major_lives_five_years_and_ends_after_the_one_before() {
        for life in LIVES {
            let days = (life.ends.ms() - life.released.ms()) / 86_400_000;
            assert!((5 * 365..5 * 365 + 70).contains(&days), "{life:?}: {days} days");
        }
        assert!(LIVES.is_sorted_by(|a, b| a.ends < b.ends));
        assert_eq!(life_of(13), None);
    }
}
