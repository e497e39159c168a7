//! Figures that a tool has rewritten: separators of thousands, decimal commas, `52k`.
//!
//! EXPLAIN prints costs with two decimals, times with three, and counts with none or two; so the
//! digits behind the last separator tell what it is.

use std::borrow::Cow;

use crate::node::Notice;

/// What a figure is, by which its decimals are known.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Count,
    Cost,
    Time,
}

/// What stands between groups of digits somewhere in the world; a space only before three digits.
const SEPARATORS: &[char] = &[',', '.', '\'', '’', '_', ' ', '\u{202f}', '\u{2009}'];

/// The words before times and averages, which are never grouped without decimals.
const FRACTIONS: [&str; 5] = ["time=", "avg=", "size=", "in-progress=", "percent="];

/// What was rewritten in a plan.
#[derive(Default)]
pub(super) struct Rewritten {
    /// The first figure that was read as another text: line, as printed, as read.
    changed: Option<(usize, String, String)>,
    /// The first one that may be something else.
    doubtful: Option<(usize, String)>,
}

/// One figure.
enum Reading {
    /// As PostgreSQL prints it.
    Same,
    /// As it would have printed it.
    Plain(String),
    /// One of several things it can mean.
    Doubtful(String),
}

/// A text with its figures as PostgreSQL prints them; `kind` is for those that no word tells.
pub(super) fn plain<'a>(
    text: &'a str,
    kind: Kind,
    line: usize,
    rewritten: &mut Rewritten,
) -> Cow<'a, str> {
    let mut out = String::new();
    // What is copied to `out` so far, and where the search goes on.
    let (mut copied, mut at, mut range) = (0_usize, 0_usize, kind);
    while let Some(found) = text.get(at..).and_then(|rest| rest.find(|c: char| c.is_ascii_digit()))
    {
        let from = at.saturating_add(found);
        let before = text.get(..from).unwrap_or_default();
        if before.ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            // Within a word: `seg0`.
            let rest = text.get(from..).unwrap_or_default();
            at = from.saturating_add(digits(rest));
            continue;
        }
        let token = token(text.get(from..).unwrap_or_default());
        let end = from.saturating_add(token.len());
        let after = text.get(end..).unwrap_or_default();
        if !before.ends_with("..") {
            range = if FRACTIONS.iter().any(|word| before.ends_with(word)) || is_ms(after) {
                Kind::Time
            } else if before.ends_with("cost=") {
                Kind::Cost
            } else {
                kind
            };
        }
        let (reading, suffix) = match scaled(token, after, before.ends_with('=')) {
            Some((value, length)) => (Reading::Doubtful(value), length),
            None => (read(token, range), 0),
        };
        at = end.saturating_add(suffix);
        let (value, doubtful) = match reading {
            Reading::Same => continue,
            Reading::Plain(value) => (value, false),
            Reading::Doubtful(value) => (value, true),
        };
        let printed = text.get(from..at).unwrap_or_default();
        if doubtful && rewritten.doubtful.is_none() {
            rewritten.doubtful = Some((line, printed.to_owned()));
        }
        if rewritten.changed.is_none() {
            rewritten.changed = Some((line, printed.to_owned(), value.clone()));
        }
        out.push_str(text.get(copied..from).unwrap_or_default());
        out.push_str(&value);
        copied = at;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

impl Rewritten {
    /// What has to be said about the figures.
    pub(super) fn notices(self) -> impl Iterator<Item = Notice> {
        let doubtful = self.doubtful.map(|(line, printed)| Notice {
            line,
            text: format!(
                "The figure “{printed}” of line {line} can be read in several ways: figures of this plan may be wrong."
            ),
            doubtful: true,
        });
        let changed = self.changed.map(|(line, printed, value)| Notice {
            line,
            text: format!(
                "The figures are written with separators: “{printed}” of line {line} is read as {value}."
            ),
            doubtful: false,
        });
        doubtful.or(changed).into_iter()
    }
}

/// Bytes of the digits in front.
fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

fn is_ms(after: &str) -> bool {
    after.trim_start_matches(' ').starts_with("ms")
}

/// The figure in front of a text, with its separators.
fn token(text: &str) -> &str {
    let mut end = digits(text);
    let first = end;
    while let Some(rest) = text.get(end..) {
        let Some(separator) = rest.chars().next().filter(|c| SEPARATORS.contains(c)) else { break };
        let more = digits(rest.get(separator.len_utf8()..).unwrap_or_default());
        let is_space = separator.is_whitespace();
        if more == 0 || (is_space && (more != 3 || first > 3)) {
            break;
        }
        end = end.saturating_add(separator.len_utf8()).saturating_add(more);
    }
    text.get(..end).unwrap_or_default()
}

/// `5.2k` and `5.2e+06` behind `=`: the value, and the bytes of what follows the digits.
fn scaled(token: &str, after: &str, is_value: bool) -> Option<(String, usize)> {
    let mut chars = after.chars();
    let factor = match chars.next().filter(|_| is_value)? {
        'k' | 'K' => 1e3,
        'M' | 'm' => 1e6,
        'G' | 'B' => 1e9,
        'e' | 'E' => {
            let rest = after.get(1..)?;
            let signed = rest.trim_start_matches(['+', '-']);
            let exponent = digits(signed);
            let length = after.len().saturating_sub(signed.len()).saturating_add(exponent);
            let value: f64 = format!("{token}{}", after.get(..length)?).parse().ok()?;
            return (exponent > 0 && value.is_finite() && value < 1e15)
                .then(|| (format!("{value}"), length));
        }
        _ => return None,
    };
    if chars.next().is_some_and(char::is_alphanumeric) {
        return None;
    }
    let value: f64 = token.replace(',', ".").parse().ok()?;
    Some((format!("{}", value * factor), 1))
}

/// What a figure says.
fn read(token: &str, kind: Kind) -> Reading {
    let Some(last) = token.rfind(|c: char| !c.is_ascii_digit()) else { return Reading::Same };
    let (head, tail) = token.split_at_checked(last).unwrap_or((token, ""));
    let separator = tail.chars().next().unwrap_or_default();
    let tail = tail.get(separator.len_utf8()..).unwrap_or_default();
    let is_point = separator == '.' || separator == ',';
    let others = || head.chars().filter(|c| !c.is_ascii_digit());
    let (is_decimal, is_doubtful) = if others().next().is_none() {
        // The only one. Three digits behind it are a group, except of a time or behind a zero.
        let group = tail.len() == 3 && head != "0" && kind != Kind::Time;
        let decimal = is_point && !group;
        if decimal && separator == '.' {
            return Reading::Same;
        }
        (decimal, decimal && kind == Kind::Count && tail.len() != 2)
    } else if others().all(|other| other == separator) {
        let decimal = is_point && tail.len() == 2 && kind != Kind::Time;
        (decimal, decimal || (is_point && kind == Kind::Time))
    } else {
        (is_point, others().any(|other| Some(other) != others().next()))
    };
    // Groups are of three digits (of two in India), the last of them of three.
    let whole = if is_decimal { head } else { token };
    let mut groups = whole.split(|c: char| !c.is_ascii_digit()).rev();
    let uneven = whole.len() > digits(whole)
        && (groups.next().is_some_and(|group| group.len() != 3)
            || groups.any(|group| group.len() > 3));
    let mut value: String = whole.chars().filter(char::is_ascii_digit).collect();
    if is_decimal {
        value.push('.');
        value.push_str(tail);
    }
    if is_doubtful || uneven { Reading::Doubtful(value) } else { Reading::Plain(value) }
}

/// Whether the value of a property is figures, and of what kind those are that no word tells.
pub(super) fn kind_of(name: &str, value: &str) -> Option<Kind> {
    match name {
        "I/O Timings" | "Timing" | "Planning Time" | "Execution Time" | "Planning time"
        | "Execution time" | "Total runtime" => return Some(Kind::Time),
        "Buffers" | "WAL" | "Estimates" | "Prefetch" | "I/O" | "Heap Blocks" | "Tuples"
        | "Memory" | "Sort Method" | "Buckets" | "Batches" | "Planned Partitions" | "Hits"
        | "Storage" | "Full-sort Groups" | "Pre-sorted Groups" | "Serialization" => {
            return Some(Kind::Count);
        }
        _ if name.starts_with("Trigger ") => return Some(Kind::Count),
        _ => {}
    }
    let count = value.trim_end_matches("kB").trim_end_matches("ms").trim_end();
    if token(count).len() != count.len() || count.is_empty() {
        return None;
    }
    let kind = if value.ends_with("ms") { Kind::Time } else { Kind::Count };
    let known = name.contains("Removed by ")
        || matches!(
            name,
            "Heap Fetches"
                | "Index Searches"
                | "Workers Planned"
                | "Workers Launched"
                | "Functions"
                | "Peak Memory Usage"
                | "Disk Usage"
                | "Conflicting Tuples"
                | "Tuples Inserted"
        );
    // Any other key with nothing but a figure in groups: no address, no version, no column.
    let mut groups = count.split(|c: char| !c.is_ascii_digit()).skip(1);
    let is_grouped = !count.contains('.') && groups.all(|group| group.len() == 3);
    let is_code =
        [" Key", " Cond", "Filter", "Output", " By"].iter().any(|end| name.ends_with(end));
    (known || (is_grouped && !is_code)).then_some(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (String, bool, bool) {
        let mut rewritten = Rewritten::default();
        let text = plain(text, Kind::Count, 1, &mut rewritten).into_owned();
        (text, rewritten.changed.is_some(), rewritten.doubtful.is_some())
    }

    #[test]
    fn what_postgresql_prints_stays() {
        for text in [
            "(cost=10.50..20.75 rows=10 width=48) (actual time=101.250..1234.300 rows=10.00 loops=1)",
            "(cost=0.00..1234567.89 rows=52000 width=4) (actual rows=52000 loops=3)",
            "shared hit=1200 read=34, temp read=5 written=6",
            "1024 (originally 512)  Batches: 1  Memory Usage: 15kB",
            "Generation 0.340 ms (Deform 0.123 ms), Inlining 0.000 ms",
            "avg=3.200 max=16 capacity=16",
            "52000",
        ] {
            assert_eq!(of(text), (text.into(), false, false));
        }
    }

    #[test]
    fn separators_are_told_by_the_digits_behind_them() {
        for (printed, read) in [
            ("rows=52,000 width=8", "rows=52000 width=8"),
            ("rows=52.000 width=8", "rows=52000 width=8"),
            ("rows=52 000 width=8", "rows=52000 width=8"),
            ("rows=52'000 loops=1", "rows=52000 loops=1"),
            ("rows=52’000 loops=1", "rows=52000 loops=1"),
            ("rows=1\u{202f}052\u{202f}000 loops=1", "rows=1052000 loops=1"),
            ("rows=12,34,567 loops=1", "rows=1234567 loops=1"),
            ("rows=52.000,00 loops=1", "rows=52000.00 loops=1"),
            ("rows=52,00 loops=1", "rows=52.00 loops=1"),
            ("time=0,042..12,500 rows", "time=0.042..12.500 rows"),
            ("time=0,042..12,5 rows", "time=0.042..12.5 rows"),
            ("time=1,234.567..5.678,901 rows", "time=1234.567..5678.901 rows"),
            ("cost=1,234.50..1.234,50 rows", "cost=1234.50..1234.50 rows"),
            ("cost=0,00..1 234,50 rows", "cost=0.00..1234.50 rows"),
            ("shared hit=1,200 read=34, temp read=5", "shared hit=1200 read=34, temp read=5"),
        ] {
            assert_eq!(of(printed), (read.into(), true, false), "{printed}");
        }
    }

    #[test]
    fn what_can_be_read_in_several_ways_says_so() {
        for (printed, read) in [
            ("rows=5,2 loops=1", "rows=5.2 loops=1"),
            ("rows=52k loops=1", "rows=52000 loops=1"),
            ("rows=5.2e+06 loops=1", "rows=5200000 loops=1"),
            ("time=1,234,567..2 rows", "time=1234567..2 rows"),
            ("rows=5,2000 loops=1", "rows=5.2000 loops=1"),
        ] {
            assert_eq!(of(printed), (read.into(), true, true), "{printed}");
        }
    }

    #[test]
    fn addresses_versions_and_columns_are_no_figures() {
        for (name, value) in [
            ("Node", "10.0.0.7"),
            ("Optimizer version", "6.123"),
            ("Group Key", "1,234"),
            ("Columns", "1,2"),
            ("Filter", "(a > 52,000)"),
        ] {
            assert!(kind_of(name, value).is_none(), "{name}: {value}");
        }
        assert!(kind_of("Rows Removed by Filter", "148.000").is_some());
        assert!(kind_of("Chunks excluded during startup", "1,024").is_some());
    }
}
