//! Takes the lines of a plan out of strings: rows as JSON, tuples and reprs of programming languages,
//! records of JSON logs, cells of CSV.

use std::borrow::Cow;

use super::{Line, Place, log, node};
use crate::node::Notice;
use crate::text::figures_start;

/// A string of a paste.
struct Text {
    /// The key it stands under.
    key: Option<String>,
    /// What it stands for.
    text: String,
    /// Where it begins.
    line: usize,
    column: usize,
    /// Whether a line break within it is one of the paste.
    raw: bool,
}

/// Unwraps the strings of all lines, if it is strings that hold the plan.
pub(super) fn unwrap(lines: &mut Vec<Line<'_>>, notices: &mut Vec<Notice>) {
    let Some(first) = lines.iter().position(is_string) else { return };
    if lines.iter().any(|line| log::is_json(&line.text)) {
        return;
    }
    let start = opening(lines, first);
    let region = lines.get(start..).unwrap_or_default();
    let (texts, rest, cut) = strings(region);
    let Some(key) = key_of_the_plan(&texts) else { return };
    if let Some(line) = cut {
        let text = "The string that begins here does not end.".into();
        notices.push(Notice { line, text, doubtful: true });
    }
    let mut unwrapped = vec![];
    for text in texts.into_iter().filter(|text| text.key == key) {
        push(text, &mut unwrapped);
    }
    // The heading of a table in CSV.
    let heading = |line: &&Line<'_>| {
        line.text.contains([',', ';', '\t'])
            && line.text.chars().all(|c| c.is_alphanumeric() || "_,;\t\" ".contains(c))
    };
    let start_of_rest = start.saturating_add(rest);
    let start = if lines.get(..start).and_then(<[_]>::last).filter(heading).is_some() {
        start.saturating_sub(1)
    } else {
        start
    };
    // What follows the last string: another plan, a prompt.
    let rest: Vec<Line<'_>> = lines.get(start_of_rest..).unwrap_or_default().to_vec();
    lines.truncate(start);
    lines.append(&mut unwrapped);
    lines.extend(rest);
}

/// Whether a line holds a string that is a line of a plan.
fn is_string(line: &Line<'_>) -> bool {
    let text = line.text.trim_start();
    let Some(c) = text.chars().next().filter(|c| *c != '-' || text.starts_with("- ")) else {
        return false;
    };
    if !text.bytes().any(|byte| matches!(byte, b'"' | b'\'' | b'`')) {
        return false;
    }
    if text.contains('\\')
        && (text.contains("\\\"Plan\\\"") || text.contains("\\\"Node Type\\\""))
        && text.contains('"')
    {
        return true;
    }
    if let Some(behind) =
        ["QUERY PLAN\"", "QUERY PLAN'"].iter().find_map(|key| Some(text.split_once(key)?.1))
    {
        let behind = behind.trim_start();
        let value = behind.strip_prefix("=>").or(behind.strip_prefix(':')).unwrap_or_default();
        if value.trim_start().starts_with(['"', '\'']) {
            return true;
        }
    }
    // The message of a log record, the cell of a table.
    let message = text.contains(log::HEAD) && text.contains(" plan:\\n");
    if message
        || text.len() > 2 && ["\"[", "\"{"].iter().any(|open| text.trim_end().ends_with(open))
    {
        return true;
    }
    let many = ["\", \"", "\",\"", "', '", "','", "',), ('"].iter().any(|glue| text.contains(glue));
    if many && text.matches("(cost=").count() > 1 {
        return true;
    }
    let Some(at) = node::start(text) else { return false };
    let mut before = text.get(..at).unwrap_or_default().trim_end();
    while let Some(shorter) = before.strip_suffix("\\t").or_else(|| before.strip_suffix("\\n")) {
        before = shorter.trim_end();
    }
    let Some(quote) = before.chars().next_back().filter(|c| "\"'`".contains(*c)) else {
        return false;
    };
    // Lines that are quoted one by one are plain enough without this.
    before.len() > 1 || c != quote || !text.trim_end().ends_with(quote)
}

/// The line in which what holds the strings begins.
fn opening(lines: &[Line<'_>], first: usize) -> usize {
    let before = lines.get(..first).unwrap_or_default().iter().rev();
    let glue = before.take(64).take_while(|line| {
        let text = line.text.trim();
        text.starts_with(['[', '{', '(', ']', '}', ')', '$', '"', '\'', ','])
            && figures_start(text).is_none()
            || text.ends_with(['[', '{', '('])
    });
    first.saturating_sub(glue.count())
}

/// All strings, each with its key, how many lines they fill, and where one begins that does not end.
fn strings(lines: &[Line<'_>]) -> (Vec<Text>, usize, Option<usize>) {
    let doubled = !lines.iter().any(|line| line.text.contains("\\\"") || line.text.contains("\\n"))
        && lines.iter().any(|line| line.text.contains("\"\""));
    let mut reader = Reader { doubled, ..Reader::default() };
    let mut end = 0;
    for (at, line) in lines.iter().enumerate() {
        if reader.open.is_none() && is_over(&line.text) {
            break;
        }
        reader.line(line);
        end = at.saturating_add(1);
    }
    let cut = reader.open.take().map(|(text, _)| {
        let line = text.line;
        reader.texts.push(text);
        line
    });
    (reader.texts, end, cut)
}

/// Whether a line outside of strings shows that no more strings follow.
fn is_over(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with("->") || figures_start(text).is_some() && !text.contains(['"', '\'', '`'])
}

#[derive(Default)]
struct Reader {
    /// Whether quotes are escaped by doubling them, and a backslash is one.
    doubled: bool,
    texts: Vec<Text>,
    /// The string that is open and its quote.
    open: Option<(Text, char)>,
    /// The last string or word: a key, if a colon follows.
    last: Option<String>,
    key: Option<String>,
}

impl Reader {
    fn line(&mut self, line: &Line<'_>) {
        let mut chars = line.text.chars().peekable();
        let mut column = line.column;
        let mut word = String::new();
        while let Some(c) = chars.next() {
            column = column.saturating_add(1);
            let Some((text, quote)) = &mut self.open else {
                self.outside(c, &mut word, line.number, column, chars.peek().copied());
                continue;
            };
            if c == '\\' && !self.doubled {
                column = column.saturating_add(1);
                match chars.next() {
                    Some('n') => text.text.push('\n'),
                    Some('t') => text.text.push('\t'),
                    Some('r' | 'b' | 'f') => {}
                    Some(kind @ ('u' | 'x')) => {
                        let length = if kind == 'u' { 4 } else { 2 };
                        let code: String = chars.by_ref().take(length).collect();
                        column = column.saturating_add(length);
                        let c = u32::from_str_radix(&code, 16).ok().and_then(char::from_u32);
                        text.text.push(c.unwrap_or(char::REPLACEMENT_CHARACTER));
                    }
                    Some(c) => text.text.push(c),
                    // The string goes on in the next line.
                    None => return,
                }
            } else if c != *quote {
                text.text.push(c);
            } else if self.doubled && !text.text.is_empty() && chars.peek() == Some(quote) {
                chars.next();
                column = column.saturating_add(1);
                text.text.push(c);
            } else {
                self.close();
            }
        }
        if let Some((text, _)) = &mut self.open {
            text.raw = true;
            text.text.push('\n');
        }
    }

    fn outside(
        &mut self,
        c: char,
        word: &mut String,
        line: usize,
        column: usize,
        next: Option<char>,
    ) {
        match c {
            '"' | '\'' | '`' => {
                self.flush();
                let key = self.key.take();
                let text = Text { key, text: String::new(), line, column, raw: false };
                self.open = Some((text, c));
                word.clear();
            }
            ':' | '=' => {
                if !word.is_empty() {
                    self.last = Some(std::mem::take(word));
                }
                // `::` is a cast; `=>` and `:` and `=` follow a key.
                if next != Some(':') {
                    self.key = self.last.take().or(self.key.take());
                }
            }
            c if c.is_alphanumeric() || c == '_' => word.push(c),
            '>' => {}
            c => {
                if !word.is_empty() {
                    self.last = Some(std::mem::take(word));
                }
                if !c.is_whitespace() {
                    self.flush();
                    self.key = None;
                }
            }
        }
    }

    fn close(&mut self) {
        let Some((text, _)) = self.open.take() else { return };
        // It is a key if a colon follows, and a value in any case where it is a line of a plan.
        self.last = Some(text.text.clone()).filter(|text| text.len() <= 64);
        self.texts.push(text);
    }

    fn flush(&mut self) {
        self.last = None;
    }
}

/// The key whose strings are the lines of the plan.
fn key_of_the_plan(texts: &[Text]) -> Option<Option<String>> {
    let mut counts: Vec<(&Option<String>, usize)> = vec![];
    for text in texts.iter().filter(|text| is_plan(&text.text)) {
        let room = counts.len() < 16;
        match counts.iter_mut().find(|(key, _)| *key == &text.key) {
            Some((_, count)) => *count = count.saturating_add(1),
            None if room => counts.push((&text.key, 1)),
            None => {}
        }
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(key, _)| key.clone())
}

fn is_plan(text: &str) -> bool {
    figures_start(text).is_some()
        || text.trim_start().starts_with("-> ")
        || text.contains("\"Node Type\"")
        || text.contains("<Node-Type>")
        || text.contains("Node Type: ")
        || text.lines().any(|line| node::start(line).is_some())
}

/// The lines of a string.
fn push(text: Text, lines: &mut Vec<Line<'_>>) {
    let body = text.text.trim_end_matches(['\n', '\r']);
    if body.trim() == "QUERY PLAN" {
        return;
    }
    // The message of a log record: each line but the first of it stands behind a tab.
    let logged = body.contains(log::HEAD) && body.contains(" plan:");
    for (at, part) in body.split('\n').enumerate() {
        let part = part.trim_end_matches('\r');
        let tab = if logged && at > 0 && !part.starts_with('\t') { "\t" } else { "" };
        lines.push(Line {
            text: Cow::Owned(format!("{tab}{part}")),
            number: text.line.saturating_add(if text.raw { at } else { 0 }),
            column: if at == 0 { text.column } else { 1 },
            place: Place::Open,
            ..Line::default()
        });
    }
}
