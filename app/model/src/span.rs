//! How far back a page looks: live, or a span of the history that ends now.

use serde::{Deserialize, Serialize};

/// A span of time that ends now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Span {
    /// The last minutes, from memory.
    #[default]
    Live,
    /// An hour.
    Hour,
    /// Six hours.
    SixHours,
    /// A day.
    Day,
    /// Seven days.
    Week,
    /// Thirty days.
    Month,
    /// Ninety days.
    Quarter,
}

impl Span {
    /// All spans, the shortest first.
    pub const ALL: [Self; 7] =
        [Self::Live, Self::Hour, Self::SixHours, Self::Day, Self::Week, Self::Month, Self::Quarter];

    /// How much of the past live shows, ms: about what memory holds.
    pub const LIVE_MS: i64 = 300_000;

    /// The word in the query parameter `range`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Hour => "1h",
            Self::SixHours => "6h",
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
            Self::Quarter => "90d",
        }
    }

    /// What its link says.
    pub fn label(self) -> &'static str {
        match self {
            Self::Live => "Live",
            Self::Hour => "1 hour",
            Self::SixHours => "6 hours",
            Self::Day => "24 hours",
            Self::Week => "7 days",
            Self::Month => "30 days",
            Self::Quarter => "90 days",
        }
    }

    /// How long it is, ms; None where it is what memory holds.
    pub fn ms(self) -> Option<i64> {
        const HOUR_MS: i64 = 3_600_000;
        match self {
            Self::Live => None,
            Self::Hour => Some(HOUR_MS),
            Self::SixHours => Some(6 * HOUR_MS),
            Self::Day => Some(24 * HOUR_MS),
            Self::Week => Some(7 * 24 * HOUR_MS),
            Self::Month => Some(30 * 24 * HOUR_MS),
            Self::Quarter => Some(90 * 24 * HOUR_MS),
        }
    }

    /// The span of a query parameter; an empty one is live.
    ///
    /// Errors: a sentence that says what may be written.
    pub fn read(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self::Live);
        }
        let words = Self::ALL.map(Self::as_str).join(", ");
        let found = Self::ALL.into_iter().find(|span| span.as_str() == text);
        found.ok_or_else(|| format!("The range in the address is none of {words}; shown is live."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_is_read_back_and_another_is_refused_in_a_sentence() {
        for span in Span::ALL {
            assert_eq!(Span::read(span.as_str()), Ok(span));
        }
        assert_eq!(Span::read(""), Ok(Span::Live));
        let refused = Span::read("<b>").unwrap_err();
        assert!(refused.contains("24h") && !refused.contains('<'), "{refused}");
    }
}
