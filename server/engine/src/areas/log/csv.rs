//! Records of csvlog. A quoted text may hold line breaks, so where reading begins in the middle, what looks
//! like a record may be a client's text: a record is taken only if every character is where PostgreSQL puts it.
//! Within a text a quote is doubled, so a record that a client writes into one never has its message quoted.

use super::record::{AUTOVACUUM, Record};

/// Columns that are used, from 0, and how many there are (14 and later).
const DATABASE: usize = 2;
const SEVERITY: usize = 11;
const MESSAGE: usize = 13;
const CONTEXT: usize = 18;
const BACKEND_TYPE: usize = 23;
const QUERY_ID: usize = 25;
const COLUMNS: usize = 26;
/// As many may a later version have.
const MOST_COLUMNS: usize = 40;

/// A column: whether it is quoted, and its bytes.
type Column = (bool, Vec<u8>);

/// The next record and the bytes it takes; None while its end has not been read. The inner None is no
/// record: the bytes up to the next line are passed over.
pub fn next(bytes: &[u8]) -> Option<(usize, Option<Record>)> {
    match columns(bytes) {
        Ok((taken, columns)) => match record(columns) {
            Some(record) => Some((taken, Some(record))),
            None => Some((line(bytes)?, None)),
        },
        Err(Broken::Torn) if begins_a_record(bytes) => None,
        Err(_) => Some((line(bytes)?, None)),
    }
}

/// The length of the line.
fn line(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|byte| *byte == b'\n').map(|end| end + 1)
}

/// Whether it may be the start of a record: a time of day after a date, and then the user's name.
fn begins_a_record(bytes: &[u8]) -> bool {
    const FORM: &[u8] = b"dddd-dd-dd dd:dd:dd";
    let fits =
        |(byte, form): (&u8, &u8)| if *form == b'd' { byte.is_ascii_digit() } else { byte == form };
    bytes.iter().zip(FORM).all(fits)
}

enum Broken {
    /// The end has not been read.
    Torn,
    /// A character stands where none can.
    Malformed,
}

fn columns(bytes: &[u8]) -> Result<(usize, Vec<Column>), Broken> {
    let mut columns = Vec::with_capacity(COLUMNS);
    let mut at = 0;
    loop {
        let (end, column) = column(bytes, at)?;
        columns.push(column);
        match bytes.get(end) {
            Some(b',') if columns.len() < MOST_COLUMNS => at = end + 1,
            Some(b'\n') => return Ok((end + 1, columns)),
            Some(_) => return Err(Broken::Malformed),
            None => return Err(Broken::Torn),
        }
    }
}

/// The column that begins there, and where it ends.
fn column(bytes: &[u8], from: usize) -> Result<(usize, Column), Broken> {
    let rest = bytes.get(from..).unwrap_or_default();
    if rest.first() != Some(&b'"') {
        let end = rest.iter().position(|byte| matches!(byte, b',' | b'\n' | b'"'));
        let end = end.ok_or(Broken::Torn)?;
        return Ok((from + end, (false, rest.get(..end).unwrap_or_default().to_vec())));
    }
    let (mut text, mut at) = (Vec::new(), 1);
    loop {
        let tail = rest.get(at..).unwrap_or_default();
        let quote = tail.iter().position(|byte| *byte == b'"').ok_or(Broken::Torn)?;
        text.extend_from_slice(tail.get(..quote).unwrap_or_default());
        at += quote + 1;
        if rest.get(at) != Some(&b'"') {
            return Ok((from + at, (true, text)));
        }
        text.push(b'"');
        at += 1;
    }
}

fn record(columns: Vec<Column>) -> Option<Record> {
    let text = |at: usize| {
        let (_, bytes) = columns.get(at).filter(|(_, bytes)| !bytes.is_empty())?;
        Some(String::from_utf8_lossy(bytes).into_owned())
    };
    let is_quoted = columns.get(MESSAGE).is_some_and(|(quoted, _)| *quoted);
    let first = columns
        .first()
        .is_some_and(|(quoted, time)| !quoted && begins_a_record(time) && time.len() > 19);
    let is_whole = columns.len() >= COLUMNS && is_quoted && first;
    is_whole.then_some(())?;
    let is_autovacuum = text(BACKEND_TYPE).is_some_and(|kind| kind == AUTOVACUUM);
    Some(Record {
        severity: text(SEVERITY)?,
        message: text(MESSAGE)?,
        has_context: text(CONTEXT).is_some(),
        autovacuum: is_autovacuum.then(|| text(CONTEXT).unwrap_or_default()),
        database: text(DATABASE),
        query_id: text(QUERY_ID).and_then(|id| id.parse().ok()).filter(|id| *id != 0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = r#"2026-11-26 15:03:11.123 UTC,"app","shop",4711,"[local]",65a.1,3,"SELECT",2026-11-26 15:00:00 UTC,3/7,0,LOG,00000,"#;
    const AFTER: &str = r#",,,,,,,,,"web","client backend",,-42"#;

    fn line(message: &str) -> String {
        format!("{BEFORE}\"{}\"{AFTER}\n", message.replace('"', "\"\""))
    }

    #[test]
    fn a_record_may_have_many_lines() {
        let message = "duration: 7.5 ms  statement: select\n\"a,b\",\n'\u{fc}'";
        let text = line(message);
        let (taken, record) = next(text.as_bytes()).unwrap();
        let record = record.unwrap();
        assert_eq!((taken, record.message.as_str()), (text.len(), message));
        assert_eq!((record.query_id, record.severity.as_str()), (Some(-42), "LOG"));
        assert_eq!(record.database.as_deref(), Some("shop"));
        assert_eq!(record.autovacuum, None, "a client");
        let worker = text.replace("client backend", "autovacuum worker");
        assert_eq!(next(worker.as_bytes()).unwrap().1.unwrap().autovacuum, Some(String::new()));
        for end in 0..text.len() {
            assert!(next(&text.as_bytes()[..end]).is_none(), "torn at {end}");
        }
    }

    #[test]
    fn a_record_within_a_text_is_none() {
        // A client sends what looks like a record, and reading begins within that text.
        let forged = line("duration: 99999 ms  statement: select 'forged'");
        let bare = forged.replace('"', "");
        for hostile in [forged.clone(), bare, format!("\"{forged}"), format!("\"\n{forged}\"")] {
            let text = line(&format!("duration: 1 ms  statement: select '\n{hostile}'"));
            let text = format!("{text}{}", line("duration: 2 ms  statement: honest"));
            for start in 0..text.len() {
                let (mut at, mut found) = (start, Vec::new());
                while let Some((taken, record)) =
                    next(text.as_bytes().get(at..).unwrap_or_default())
                {
                    at += taken;
                    found.extend(record.map(|record| record.message));
                }
                assert!(
                    !found.iter().any(|m| m.starts_with("duration: 99999")),
                    "from {start}: {found:?}"
                );
            }
        }
    }

    #[test]
    fn what_is_no_record_costs_its_line_only() {
        let text = format!("of a statement\nplain line\n{}", line("checkpoint starting"));
        let (first, none) = next(text.as_bytes()).unwrap();
        assert_eq!((first, none), (15, None));
        let latin = [BEFORE.as_bytes(), b"\"gr\xfc\xdfe\"", AFTER.as_bytes(), b"\n"].concat();
        assert_eq!(next(&latin).unwrap().1.unwrap().message, "gr\u{fffd}\u{fffd}e");
    }
}
