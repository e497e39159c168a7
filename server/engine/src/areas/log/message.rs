//! Messages of the server's log: durations of statements. In English only: `lc_messages` decides.

/// The duration, ms, and the text of the statement, with values: never kept. None for any other message.
/// Parsing and binding are no runs, the plan that auto_explain logs is of a run with a line of its own, and of
/// what is fetched from a cursor only a part is known.
pub fn ran(message: &str) -> Option<(f64, &str)> {
    let (ms, rest) = message.strip_prefix("duration: ")?.split_once(" ms  ")?;
    let ms = ms.parse::<f64>().ok().filter(|ms| ms.is_finite() && *ms >= 0.0)?;
    if let Some(text) = rest.strip_prefix("statement: ") {
        return Some((ms, text));
    }
    let executed = rest.strip_prefix("execute ")?;
    if executed.starts_with("fetch from ") {
        return None;
    }
    // A name is chosen by the client and may hold anything, also `: `: then the text is not the whole one, and
    // the statement is told by its identifier alone.
    executed.split_once(": ").map(|(_, text)| (ms, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_postgresql_writes_is_read() {
        let told = |ms, text| Some((ms, text));
        for (message, expected) in [
            ("duration: 12.345 ms  statement: select 1", told(12.345, "select 1")),
            ("duration: 0.041 ms  execute <unnamed>: select $1", told(0.041, "select $1")),
            ("duration: 3.000 ms  execute s1/c1: select 1", told(3.0, "select 1")),
            ("duration: 1.5 ms  plan:\nQuery Text: select 1\nResult", None),
            ("duration: 1.000 ms  parse <unnamed>: select 1", None),
            ("duration: 1.000 ms  bind s1: select 1", None),
            ("duration: 3.000 ms  execute fetch from c1: select 1", None),
            ("duration: 3.000 ms", None),
            ("duration: -3 ms  statement: select 1", None),
            ("duration: inf ms  statement: select 1", None),
            ("duration: NaN ms  statement: x", None),
            ("statement: duration: 3 ms  statement: select 1", None),
            ("Dauer: 3.000 ms  Anweisung: select 1", None),
            ("", None),
        ] {
            assert_eq!(ran(message), expected, "{message}");
        }
    }
}
