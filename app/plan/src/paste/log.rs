//! Extracts auto_explain's plans from server logs: stderr, csvlog and jsonlog.

use std::borrow::Cow;

use super::{Line, Place};

/// What introduces a plan in a record, whatever the language of the server's messages is.
pub(super) const HEAD: &str = "duration: ";

/// Frees the plans of log records from what stands around them.
pub(super) fn unwrap(lines: &mut Vec<Line<'_>>) {
    if !lines.iter().any(|line| line.text.contains(HEAD) && line.text.contains("plan:")) {
        return;
    }
    let mut unwrapped: Vec<Line<'_>> = Vec::with_capacity(lines.len());
    let mut record = Record::None;
    for mut line in lines.drain(..) {
        let head = head(&line.text);
        match (&record, head) {
            (_, Some(at)) if line.text.trim_start().starts_with("{\"") => {
                record = Record::None;
                jsonlog(&line, at, &mut unwrapped);
                continue;
            }
            (_, Some(at)) => {
                let quoted = line.text.get(..at).is_some_and(|before| before.ends_with(",\""));
                record = if quoted { Record::Csv } else { Record::Stderr };
                line.place = Place::Frame;
                let behind =
                    line.text.find("plan:").map_or(line.text.len(), |at| at.saturating_add(5));
                let rest = line.text.get(behind..).unwrap_or_default().trim();
                let rest = rest.to_owned();
                let copy =
                    Line { text: Cow::Owned(rest.clone()), place: Place::Framed, ..line.clone() };
                unwrapped.push(line);
                if !rest.is_empty() {
                    unwrapped.push(copy);
                }
                continue;
            }
            (Record::Csv, None) => {
                if let Some(rest_open) = csv(&mut line) {
                    record = if rest_open { Record::OtherCsv } else { Record::None };
                }
                line.place = Place::Framed;
            }
            // Other records are no part of a plan; one in CSV reaches to the end of its open field.
            (Record::OtherCsv, None) => {
                if quotes_are_odd(&line.text) {
                    record = Record::None;
                }
                line.place = Place::Frame;
            }
            (_, None) if is_record(&line.text) => {
                let csv = line.text.contains(",\"") && quotes_are_odd(&line.text);
                record = if csv { Record::OtherCsv } else { Record::Other };
                line.place = Place::Frame;
            }
            (Record::Other, None) if line.text.starts_with("        ") => line.place = Place::Frame,
            (Record::Other, None) => record = Record::None,
            // Each line of a message but the first starts with a tab, which became eight spaces.
            (Record::Stderr, None) if line.text.starts_with("        ") => {
                line.keep(8, line.text.len());
                line.place = Place::Framed;
            }
            (Record::Stderr, None) => record = Record::None,
            (Record::None, None) => {}
        }
        unwrapped.push(line);
    }
    *lines = unwrapped;
}

/// The record that is open.
enum Record {
    None,
    /// With a plan.
    Stderr,
    Csv,
    /// Without.
    Other,
    OtherCsv,
}

/// Whether a line starts a record: a timestamp, a severity, or jsonlog's first key.
fn is_record(text: &str) -> bool {
    const SEVERITIES: [&str; 10] = [
        "LOG:  ",
        "ERROR:  ",
        "STATEMENT:  ",
        "DETAIL:  ",
        "HINT:  ",
        "CONTEXT:  ",
        "WARNING:  ",
        "NOTICE:  ",
        "FATAL:  ",
        "PANIC:  ",
    ];
    let mut start = text.chars();
    let year = start.by_ref().take(4).filter(char::is_ascii_digit).count() == 4;
    (year && start.next() == Some('-'))
        || text.starts_with("{\"timestamp\"")
        || (!text.starts_with(' ') && SEVERITIES.iter().any(|severity| text.contains(severity)))
}

fn quotes_are_odd(text: &str) -> bool {
    text.matches('"').count() % 2 == 1
}

/// Whether a line is a whole record in JSON with its plan in it.
pub(super) fn is_json(text: &str) -> bool {
    text.trim_start().starts_with("{\"")
        && head(text).and_then(|at| text.get(at..)).is_some_and(|rest| {
            let plan = rest.split_once("plan:\\n").map(|(_, plan)| plan);
            plan.is_some_and(|plan| !plan.starts_with('"'))
        })
}

/// Where the message starts in a line that introduces a plan.
fn head(text: &str) -> Option<usize> {
    let at = text.find(HEAD)?;
    text.get(at..)?.contains(" plan:").then_some(at)
}

/// Undoubles the quotes of a CSV field. Where the field ends, the rest of the line is cut off, and
/// whether that rest leaves another field open is given.
fn csv(line: &mut Line<'_>) -> Option<bool> {
    let mut text = String::with_capacity(line.text.len());
    let mut chars = line.text.chars().peekable();
    let mut ended = None;
    while let Some(c) = chars.next() {
        if c == '"' {
            if chars.peek() != Some(&'"') {
                ended = Some(chars.by_ref().filter(|c| *c == '"').count() % 2 == 1);
                break;
            }
            chars.next();
        }
        text.push(c);
    }
    line.text = Cow::Owned(text);
    ended
}

/// The lines of the message in a jsonlog record; all stand on one line of the paste.
fn jsonlog<'a>(line: &Line<'a>, at: usize, lines: &mut Vec<Line<'a>>) {
    let mut message = String::new();
    let mut chars = line.text.get(at..).unwrap_or_default().chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => match chars.next() {
                Some('n') => message.push('\n'),
                Some('t') => message.push('\t'),
                Some('u') => {
                    let code: String = chars.by_ref().take(4).collect();
                    let code = u32::from_str_radix(&code, 16).ok().and_then(char::from_u32);
                    message.push(code.unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                Some(c) => message.push(c),
                None => break,
            },
            c => message.push(c),
        }
    }
    let column = line.text.get(..at).map_or(1, |before| before.chars().count().saturating_add(1));
    for (n, text) in message.split('\n').enumerate() {
        lines.push(Line {
            text: Cow::Owned(super::untabbed(text)),
            column,
            place: if n == 0 { Place::Frame } else { Place::Framed },
            ..line.clone()
        });
    }
}
