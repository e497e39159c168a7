//! Records of jsonlog (PostgreSQL 15 and later): a JSON object on each line. A text cannot break a line, so
//! none can forge a record.

use serde::Deserialize;

use super::record::{AUTOVACUUM, Record};

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    error_severity: String,
    #[serde(default)]
    message: String,
    context: Option<String>,
    backend_type: Option<String>,
    dbname: Option<String>,
    query_id: Option<i64>,
}

/// The next record and the bytes it takes; None while its end has not been read. The inner None is a line
/// that is no record.
pub fn next(bytes: &[u8]) -> Option<(usize, Option<Record>)> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let line = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default());
    Some((end + 1, parse(&line)))
}

fn parse(line: &str) -> Option<Record> {
    let line: Line = serde_json::from_str(line).ok()?;
    let is_autovacuum = line.backend_type.is_some_and(|kind| kind == AUTOVACUUM);
    Some(Record {
        severity: line.error_severity,
        message: line.message,
        has_context: line.context.is_some(),
        autovacuum: is_autovacuum.then(|| line.context.unwrap_or_default()),
        database: line.dbname,
        query_id: line.query_id.filter(|id| *id != 0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_record_whatever_its_texts_hold() {
        let one = br#"{"timestamp":"x","pid":7,"error_severity":"LOG","message":"duration: 1 ms  statement: select '\n{\"error_severity\":\"LOG\"}'","query_id":-5,"dbname":"shop"}"#;
        let mut bytes = one.to_vec();
        bytes.push(b'\n');
        let (taken, record) = next(&bytes).unwrap();
        let record = record.unwrap();
        assert_eq!((taken, record.query_id), (bytes.len(), Some(-5)));
        assert_eq!(record.database.as_deref(), Some("shop"));
        assert!(record.message.ends_with("'\n{\"error_severity\":\"LOG\"}'"));
        assert!(next(&bytes[..bytes.len() - 1]).is_none(), "its end is missing");
        assert_eq!(next(b"torn\"}\n"), Some((7, None)));
        let (_, latin) = next(b"{\"message\":\"gr\xfc\xdfe\"}\n").unwrap();
        assert_eq!(latin.unwrap().message, "gr\u{fffd}\u{fffd}e");
        assert!(next(b"[[[[[[[[[[[[[[[[\n").unwrap().1.is_none());
    }
}
