//! What Greenplum and Cloudberry print in FORMAT TEXT and PostgreSQL does not.

use super::figures::number;
use crate::node::{Actual, Node, Value};

/// Fills a node from `Gather Motion 18:1  (slice3; segments: 18)`, if it is a motion.
pub(super) fn motion(title: &str, node: &mut Node) -> bool {
    let Some((name, rest)) = title.split_once(" Motion") else { return false };
    if name.contains([' ', '"']) && !name.starts_with("Explicit ") {
        return false;
    }
    node.kind = format!("{name} Motion");
    let mut put = |key: &str, value: &str| {
        let digits: String = value.trim().chars().take_while(char::is_ascii_digit).collect();
        if !digits.is_empty() {
            node.set(key, Value::One(digits), node.lines.0);
        }
    };
    if let Some((senders, receivers)) = rest.trim().split_once(':') {
        put("Senders", senders);
        put("Receivers", receivers);
    }
    if let Some((_, slice)) = rest.split_once("(slice") {
        put("Slice", slice);
        put("Segments", slice.split_once("segments:").map_or("", |(_, count)| count));
    }
    true
}

/// Figures of `Rows out:` before Greenplum 6: those of the segment with the most rows.
pub(super) fn rows_out(text: &str) -> Option<Actual> {
    let own = text.split_once("Max ").map_or(text, |(_, own)| own);
    let before = |mark: &str| {
        let (head, _) = own.split_once(mark)?;
        number(head.rsplit(' ').next()?)
    };
    let total = before(" ms to end")?;
    let scans = own.split_once("to end of ").and_then(|(_, rest)| number(rest));
    let loops = scans.unwrap_or(1.0).max(1.0);
    Some(Actual {
        startup_ms: Some(before(" ms to first row").unwrap_or(total) / loops),
        total_ms: Some(total / loops),
        rows: number(own)? / loops,
        fractional_rows: false,
        loops,
    })
}
