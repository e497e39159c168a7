//! What is asked of the ranking: window, comparison, filters, grouping, order, page. All of it stands in the
//! address.

use serde::{Deserialize, Serialize};

use crate::TimeRange;

/// Of a live ranking, ms.
pub const LIVE_MS: i64 = 600_000;
/// Rows of a page.
pub const PAGE_ROWS: usize = 50;
const DAY_MS: i64 = 86_400_000;

/// The query parameters of the ranking, as they stand in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Question {
    /// A span that ends now: `24h`.
    pub range: String,
    /// Or the first moment of a window.
    pub from: String,
    /// And the one after its last; empty is now.
    pub to: String,
    /// The other window: `previous`, `yesterday`, `week`, or a moment at which it begins.
    pub with: String,
    /// The column, with `-` in front for descending.
    pub sort: String,
    /// The set of columns.
    pub columns: String,
    /// What a text contains, or a queryid.
    pub q: String,
    /// The name of a database.
    pub database: String,
    /// The name of a role.
    pub role: String,
    /// A table that the statement names.
    pub table: String,
    /// `key:value`, seen in a sampled session.
    pub tag: String,
    /// pgdeck's fingerprint.
    pub fingerprint: String,
    /// `fingerprint`, `table` or `tag:` and a key.
    pub group: String,
    /// The page, from 0.
    pub page: usize,
}

/// The windows that are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spans {
    /// From and to, ms since the epoch.
    pub window: (i64, i64),
    /// The window to compare with.
    pub other: Option<(i64, i64)>,
    /// Whether the window is the last minutes.
    pub is_live: bool,
    /// What in the address was not understood, in sentences.
    pub refused: Vec<String>,
}

/// How entries are put together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Group {
    /// By pgdeck's fingerprint.
    Fingerprint,
    /// By the tables they name.
    Table,
    /// By the values of a tag.
    Tag(String),
}

impl Question {
    /// The windows of the address at that moment.
    pub fn spans(&self, now_ms: i64) -> Spans {
        let mut refused = Vec::new();
        let to = match (self.from.is_empty(), self.to.is_empty()) {
            (false, true) => now_ms.to_string(),
            _ => self.to.clone(),
        };
        let range = TimeRange::read(&TimeRange::text(&self.range, &self.from, &to));
        let range = range.unwrap_or_else(|sentence| {
            refused.push(sentence);
            TimeRange::default()
        });
        let window = range.bounds(now_ms).unwrap_or((now_ms - LIVE_MS, now_ms));
        let other = self.other(window, now_ms).unwrap_or_else(|sentence| {
            refused.push(sentence);
            None
        });
        Spans { window, other, is_live: range.is_live(), refused }
    }

    fn other(
        &self,
        (from_ms, to_ms): (i64, i64),
        now_ms: i64,
    ) -> Result<Option<(i64, i64)>, String> {
        let length = to_ms - from_ms;
        let earlier = |ms: i64| Ok(Some((from_ms.saturating_sub(ms), to_ms.saturating_sub(ms))));
        match self.with.as_str() {
            "" => Ok(None),
            "previous" => earlier(length),
            "yesterday" => earlier(DAY_MS),
            "week" => earlier(7 * DAY_MS),
            moment => {
                let until_now = TimeRange::text("", moment, &now_ms.to_string());
                match TimeRange::read(&until_now) {
                    Ok(TimeRange::Between { from_ms, .. }) => {
                        Ok(Some((from_ms, from_ms.saturating_add(length))))
                    }
                    _ => Err("The window to compare with is none of previous, yesterday, week, or a past moment such as 2026-11-21T07:12:00Z; nothing is compared.".to_owned()),
                }
            }
        }
    }

    /// How entries are put together; None for each alone, and a sentence for what is none.
    pub fn group(&self) -> (Option<Group>, Option<String>) {
        match self.group.as_str() {
            "" => (None, None),
            "fingerprint" => (Some(Group::Fingerprint), None),
            "table" => (Some(Group::Table), None),
            other => match other.strip_prefix("tag:").filter(|key| !key.is_empty()) {
                Some(key) => (Some(Group::Tag(key.to_owned())), None),
                None => (None, Some("The grouping in the address is none of fingerprint, table, or tag: and the name of a tag; statements are shown one by one.".to_owned())),
            },
        }
    }

    /// Whether anything narrows the ranking.
    pub fn is_filtered(&self) -> bool {
        let filters =
            [&self.q, &self.database, &self.role, &self.table, &self.tag, &self.fingerprint];
        filters.into_iter().any(|filter| !filter.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_709_164_800_000;
    const HOUR: i64 = 3_600_000;

    fn asked(of: impl FnOnce(&mut Question)) -> Spans {
        let mut question = Question::default();
        of(&mut question);
        question.spans(NOW)
    }

    #[test]
    fn a_window_and_the_one_to_compare_with() {
        let live = asked(|_| {});
        assert_eq!((live.window, live.is_live), ((NOW - LIVE_MS, NOW), true));
        for (with, other) in [
            ("previous", (NOW - 2 * HOUR, NOW - HOUR)),
            ("yesterday", (NOW - HOUR - DAY_MS, NOW - DAY_MS)),
            ("week", (NOW - HOUR - 7 * DAY_MS, NOW - 7 * DAY_MS)),
            ("2024-02-01T00:00Z", (1_706_745_600_000, 1_706_745_600_000 + HOUR)),
            ("1706745600000", (1_706_745_600_000, 1_706_745_600_000 + HOUR)),
        ] {
            let spans = asked(|q| (q.range, q.with) = ("1h".into(), with.into()));
            assert_eq!((spans.window, spans.other), ((NOW - HOUR, NOW), Some(other)), "{with}");
            assert!(spans.refused.is_empty(), "{spans:?}");
        }
        // From a mark until now, with as long before it.
        let mark = (NOW - 5 * HOUR).to_string();
        let spans = asked(|q| (q.from, q.with) = (mark, "previous".into()));
        assert_eq!(spans.window, (NOW - 5 * HOUR, NOW));
        assert_eq!(spans.other, Some((NOW - 10 * HOUR, NOW - 5 * HOUR)));
    }

    #[test]
    fn what_is_not_understood_is_said_once_each() {
        let spans = asked(|q| (q.range, q.with) = ("<b>".into(), "<i>".into()));
        assert_eq!((spans.is_live, spans.other), (true, None));
        assert_eq!(spans.refused.len(), 2);
        assert!(spans.refused.iter().all(|sentence| !sentence.contains('<')));
        let question = Question { group: "x".into(), ..Question::default() };
        assert!(matches!(question.group(), (None, Some(_))));
        let question = Question { group: "tag:a".into(), ..Question::default() };
        assert_eq!(question.group(), (Some(Group::Tag("a".into())), None));
    }
}
