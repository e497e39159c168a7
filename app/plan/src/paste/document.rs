//! Fast path for JSON without any decoration: nothing has to be removed, and of megabytes that are
//! mostly indentation each byte is looked at once.

use super::{Line, log, unindented};

/// The lines of such a paste; `None` where anything else may be in it, or more than `most` lines are.
pub(super) fn lines(paste: &str, most: usize) -> Option<Vec<Line<'_>>> {
    if !paste.trim_start().starts_with(['[', '{']) || is_row(paste) {
        return None;
    }
    let mut lines = Vec::new();
    let mut from = 0_usize;
    while let Some(rest) = paste.get(from..) {
        let body = unindented(rest);
        let stop = |byte: u8| matches!(byte, b'\n' | b'\t' | NO_BREAK);
        let end = body.bytes().position(stop).unwrap_or(body.len());
        let cut = body.as_bytes().get(end).is_some_and(|byte| *byte != b'\n');
        let indent = rest.len().saturating_sub(body.len());
        if cut || !ours(body.get(..end)?, indent) || lines.len() >= most {
            return None;
        }
        let length = indent.saturating_add(end);
        let text = rest.get(..length)?;
        let number = lines.len().saturating_add(1);
        let text = text.strip_suffix('\r').unwrap_or(text).into();
        lines.push(Line { text, number, column: 1, ..Line::default() });
        from = from.saturating_add(length).saturating_add(1);
    }
    Some(lines)
}

/// Whether the first key is not one of a plan: that may stand in a row of a result or in a record, or
/// be no JSON at all.
fn is_row(paste: &str) -> bool {
    const KEYS: [&str; 4] = ["Plan", "Query Text", "Node Type", "Query Identifier"];
    let mut pieces = paste.split('"').skip(1);
    let (key, behind) = (pieces.next().unwrap_or_default(), pieces.next().unwrap_or_default());
    !KEYS.contains(&key) || !behind.trim_start().starts_with(':')
}

/// Begins the no-break space in UTF-8.
const NO_BREAK: u8 = 0xC2;

/// Whether a line without its indentation is one that EXPLAIN writes: a key, a string in a list, a
/// bracket, or the whole document. Logs begin lines with brackets and braces of their own.
fn ours(body: &str, indent: usize) -> bool {
    let more = body.get(1..).unwrap_or_default();
    match body.as_bytes().first() {
        None | Some(b'}' | b']') => true,
        Some(b'\r') => more.is_empty(),
        // Within a document; what is quoted behind one may be another plan.
        Some(b'"') => {
            let keyed = more.split_once('"').is_some_and(|(_, rest)| rest.starts_with(':'));
            let plan = || ["(cost=", "(actual ", "(never "].iter().any(|part| more.contains(part));
            indent > 0 && (keyed || !plan())
        }
        Some(b'{') => !more.contains(log::HEAD),
        Some(b'[') => {
            let next = unindented(more).bytes().next();
            next.is_none_or(|next| b"{[]\"\r".contains(&next)) && !more.contains(log::HEAD)
        }
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::lines as cleaned;

    const PRETTY: &str = include_str!("../../fixtures/17/hash_join.json");

    fn same(paste: &str) {
        let fast = super::lines(paste, usize::MAX).expect("a document");
        let (slow, notices) = cleaned(paste);
        assert_eq!(notices, []);
        assert_eq!(fast.len(), slow.len());
        for (fast, slow) in fast.iter().zip(&slow) {
            assert_eq!(
                (&fast.text, fast.number, fast.column, fast.place, fast.wraps),
                (&slow.text, slow.number, slow.column, slow.place, slow.wraps)
            );
        }
    }

    #[test]
    fn a_bare_document_has_the_lines_that_cleaning_gives() {
        let line = PRETTY.lines().map(str::trim).collect::<String>();
        for paste in [PRETTY, &PRETTY.replace('\n', "\r\n"), &line, &format!("\n\n{line}\n")] {
            same(paste);
        }
        assert!(super::lines(PRETTY, 10).is_none(), "there are more");
    }

    #[test]
    fn what_tools_or_logs_have_written_is_cleaned() {
        let psql = include_str!("../../fixtures/17/frame_1_ascii.json");
        let tabs = PRETTY.replace("  ", "\t");
        let log = format!("[411] LOG:  duration: 3.1 ms  plan:\n{PRETTY}");
        let record = format!("{{\"message\":\"duration: 3.1 ms  plan:\\n{{}}\"}}\n{PRETTY}");
        let quoted = format!("\"{PRETTY}\"");
        let copied = "[{\"Plan\":{\"Node Type\":\"Result\"}}]\n\"Seq Scan on a  (cost=0.00..1.00 rows=1 width=4)\"";
        let bars = "[\n\r------\n]";
        for paste in
            [psql, &tabs, &log, &record, &quoted, copied, bars, "[ RECORD 1 ]\n{", "Seq Scan on a"]
        {
            assert!(super::lines(paste, usize::MAX).is_none(), "{paste}");
        }
    }

    #[test]
    fn whatever_stands_together_has_the_lines_that_cleaning_gives() {
        let text = include_str!("../../fixtures/17/hash_join.txt");
        let quoted: String = text.lines().map(|line| format!("\"{line}\"\n")).collect();
        let line = PRETTY.lines().map(str::trim).collect::<String>();
        let parts = [PRETTY, &line, text, &quoted, "(1 row)", " QUERY PLAN\n------\n", "+", ""];
        for first in parts {
            for second in parts {
                let paste = format!("{first}\n{second}");
                if super::lines(&paste, usize::MAX).is_some() {
                    same(&paste);
                }
            }
        }
    }

    #[test]
    fn a_filter_that_looks_like_quoted_plan_text_is_none() {
        let json = r#"[{"Plan": {"Node Type": "Seq Scan",
  "Filter": "(cost=1)"}}]"#;
        let plans = crate::parse(json).expect("a plan").plans;
        assert_eq!(plans.len(), 1);
        assert!(plans.first().is_some_and(|plan| plan.broken.is_none()));
    }
}
