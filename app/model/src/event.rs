//! What happened to a server, in the order of time: the line of events under charts.

use serde::{Deserialize, Serialize};

use crate::named::named;
use crate::shorten::shortened;

/// What kind of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// Tables, columns, indexes, functions: created, altered, dropped.
    Ddl,
    /// Somebody gathered a table's statistics.
    Analyze,
    /// A setting has another value.
    Setting,
    /// The server was started.
    Restart,
    /// A standby became a primary, or the other way round.
    Promotion,
    /// Counters were set to zero.
    StatisticsReset,
    /// An extension was created, updated or dropped.
    ExtensionUpdate,
    /// A mark that somebody set, such as a deploy.
    Mark,
    /// A statement has another plan.
    Plan,
    /// Nothing was recorded.
    Gap,
    /// What lies before it, from `since_ms` on, is made up: the past of the demo.
    Generated,
}

impl EventKind {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Ddl,
        Self::Analyze,
        Self::Setting,
        Self::Restart,
        Self::Promotion,
        Self::StatisticsReset,
        Self::ExtensionUpdate,
        Self::Mark,
        Self::Plan,
        Self::Gap,
        Self::Generated,
    ];

    /// The word in the history and in class names.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ddl => "ddl",
            Self::Analyze => "analyze",
            Self::Setting => "setting",
            Self::Restart => "restart",
            Self::Promotion => "promotion",
            Self::StatisticsReset => "statistics_reset",
            Self::ExtensionUpdate => "extension_update",
            Self::Mark => "mark",
            Self::Plan => "plan",
            Self::Gap => "gap",
            Self::Generated => "generated",
        }
    }

    /// What people call it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Ddl => "DDL",
            Self::Analyze => "ANALYZE",
            Self::Setting => "Setting",
            Self::Restart => "Restart",
            Self::Promotion => "Promotion",
            Self::StatisticsReset => "Statistics reset",
            Self::ExtensionUpdate => "Extension",
            Self::Mark => "Mark",
            Self::Plan => "Plan changed",
            Self::Gap => "Gap",
            Self::Generated => "Generated",
        }
    }
}
named!(EventKind);

/// Something that happened to a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When, ms since the epoch by pgdeck's clock; where two readings were compared, the time of the later
    /// one.
    pub at_ms: i64,
    /// Not before this time, ms since the epoch; None where `at_ms` is exact.
    pub since_ms: Option<i64>,
    /// What kind.
    pub kind: EventKind,
    /// One line.
    pub title: String,
    /// More, a line each.
    pub detail: Vec<String>,
    /// The query id of the statement that it is about.
    #[serde(default)]
    pub statement: Option<i64>,
}

/// The events of a window, and what is not among them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Events {
    /// In the order of time.
    pub events: Vec<Event>,
    /// Whether there are more in the window, older than these.
    pub has_more: bool,
    /// Whether a history is kept at all: without one nothing is told.
    pub is_kept: bool,
    /// What is not told, and why, a sentence each.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// Text in one line of at most `most` characters: what would break a line, turn the direction of writing or
/// stay unseen becomes U+FFFD.
pub fn one_line(text: &str, most: usize) -> String {
    let seen = |c: char| if c.is_control() || is_format(c) { '\u{fffd}' } else { c };
    shortened(text.trim(), most).chars().map(seen).collect()
}

/// Characters that order or hide others (Unicode's Cf, as far as text uses them, and line separators).
fn is_format(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{061c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line() {
        assert_eq!(one_line(" a\nb\u{202e}c\t<b> ", 100), "a\u{fffd}b\u{fffd}c\u{fffd}<b>");
        assert_eq!(one_line("äöü", 2), "äö…");
    }

    #[test]
    fn a_kind_is_one_word_everywhere() {
        for kind in EventKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            let json = serde_json::to_string(&kind).unwrap_or_default();
            assert_eq!(json, format!("\"{kind}\""), "serde and the store agree");
        }
    }
}
