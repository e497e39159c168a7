//! Takes a plan in JSON out of the JSON it stands in: a row, a result, a log record.

use super::Line;

/// Characters of a document that are read to find out whether its plan is nested.
const NEAR: usize = 20_000;

/// A bracket that is open: its character, its line and its place in it.
type Open = (char, usize, usize);

/// Keeps the statements only, where they stand deeper than PostgreSQL writes them.
pub(super) fn unwrap(lines: &mut Vec<Line<'_>>) {
    let Some(start) = lines.iter().position(|line| line.text.trim_start().starts_with(['[', '{']))
    else {
        return;
    };
    if !is_nested(lines.get(start..).unwrap_or_default()) {
        return;
    }
    let spans = statements(lines.get(start..).unwrap_or_default());
    if spans.is_empty() {
        return;
    }
    let mut kept: Vec<Line<'_>> = lines.get(..start).unwrap_or_default().to_vec();
    let mut end = start;
    for ((first, from), (last, to)) in spans {
        let (first, last) = (start.saturating_add(first), start.saturating_add(last));
        for at in first..=last {
            let Some(line) = lines.get(at) else { break };
            let mut line = line.clone();
            let from = if at == first { from } else { 0 };
            let to = if at == last { to } else { line.text.len() };
            if from > 0 || to < line.text.len() {
                line.keep(from, to);
            }
            kept.push(line);
        }
        end = last.saturating_add(1);
    }
    // What follows the document: closing brackets, or something else.
    let rest = lines.get(end..).unwrap_or_default().iter();
    kept.extend(
        rest.skip_while(|line| {
            let text = line.text.trim();
            text.starts_with(['"', ']', '}', ',', ')']) || text.is_empty()
        })
        .cloned(),
    );
    *lines = kept;
}

/// Whether more than a list and a map are open where the first plan stands.
fn is_nested(lines: &[Line<'_>]) -> bool {
    let mut scanner = Scanner::default();
    let mut seen = 0_usize;
    for (at, line) in lines.iter().enumerate() {
        if scanner.line(at, &line.text, true) {
            return scanner.depth > 2;
        }
        seen = seen.saturating_add(line.text.len());
        if seen > NEAR {
            break;
        }
    }
    false
}

/// Where each statement begins and ends, by lines and bytes.
fn statements(lines: &[Line<'_>]) -> Vec<((usize, usize), (usize, usize))> {
    let mut scanner = Scanner::default();
    for (at, line) in lines.iter().enumerate() {
        scanner.line(at, &line.text, false);
    }
    // A document that is cut: as far as it goes.
    if let (Some((_, place)), Some(last)) = (scanner.statement, lines.len().checked_sub(1)) {
        let end = lines.last().map_or(0, |line| line.text.len());
        scanner.found.push((place, (last, end)));
    }
    scanner.found
}

/// Follows brackets and strings.
#[derive(Default)]
struct Scanner {
    open: Vec<Open>,
    in_string: bool,
    escaped: bool,
    /// Where the open string began.
    string: usize,
    /// Whether the last string is the key `Plan`.
    plan: bool,
    /// How many brackets are open where the first plan stands.
    depth: usize,
    /// The statement that is open: how many brackets are around it, and its place.
    statement: Option<(usize, (usize, usize))>,
    found: Vec<((usize, usize), (usize, usize))>,
}

impl Scanner {
    /// Reads a line; whether a plan was met, where that is all that is asked.
    fn line(&mut self, at: usize, text: &str, first: bool) -> bool {
        for (offset, byte) in text.bytes().enumerate() {
            if self.in_string {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => {
                        self.in_string = false;
                        self.plan = text.get(self.string..offset) == Some("Plan");
                    }
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => {
                    self.in_string = true;
                    self.string = offset.saturating_add(1);
                }
                b'{' | b'[' => {
                    if byte == b'{' && self.plan && self.statement.is_none() {
                        if first {
                            self.depth = self.open.len();
                            return true;
                        }
                        let around = self.open.len().saturating_sub(1);
                        self.statement =
                            self.open.last().map(|(_, line, place)| (around, (*line, *place)));
                    }
                    self.plan = false;
                    self.open.push((char::from(byte), at, offset));
                }
                b'}' | b']' => {
                    self.open.pop();
                    if let Some((around, place)) = self.statement
                        && self.open.len() <= around
                    {
                        self.found.push((place, (at, offset.saturating_add(1))));
                        self.statement = None;
                    }
                }
                b',' => self.plan = false,
                _ => {}
            }
        }
        false
    }
}
