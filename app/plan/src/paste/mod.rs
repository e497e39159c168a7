//! Preprocesses a paste: splits it into lines with their positions and strips what tools draw
//! around a plan.

mod document;
mod frame;
mod log;
mod quote;

use std::borrow::Cow;

use crate::node::ParseError;

/// A line of the paste, cleaned.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line<'a> {
    /// What is left of it.
    pub text: Cow<'a, str>,
    /// Its number in the paste, from 1.
    pub number: usize,
    /// The column of the first character of `text`, from 1.
    pub column: usize,
    /// Where the line stands.
    pub place: Place,
    /// Whether a mark of psql says that the next line continues this one.
    pub wraps: bool,
}

/// Where a line stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Place {
    /// Nothing is known about it.
    #[default]
    Open,
    /// Within a frame that psql drew, or within a log record.
    Framed,
    /// The first such line.
    First,
    /// Border, heading, footer, or the head of a log record: not plan text.
    Frame,
}

/// The lines of a JSON document that needs no cleaning, where it has no more than `most` of them.
pub(crate) fn document(paste: &str, most: usize) -> Option<Vec<Line<'_>>> {
    document::lines(paste.strip_prefix('\u{feff}').unwrap_or(paste), most)
}

/// Splits and cleans a paste.
pub(crate) fn lines(paste: &str) -> Vec<Line<'_>> {
    let paste = paste.strip_prefix('\u{feff}').unwrap_or(paste);
    let mut lines: Vec<Line<'_>> = paste
        .split('\n')
        .enumerate()
        .map(|(at, text)| Line {
            text: plain(text.strip_suffix('\r').unwrap_or(text)),
            number: at.saturating_add(1),
            column: 1,
            ..Line::default()
        })
        .collect();
    if paste.contains(log::HEAD.trim_end()) {
        log::unwrap(&mut lines);
    }
    quote::strip(&mut lines);
    frame::strip(&mut lines);
    lines
}

/// Spaces for the no-break spaces of web pages, and for tabs up to the next multiple of eight.
fn plain(text: &str) -> Cow<'_, str> {
    // 0xC2 begins the no-break space in UTF-8: bytes are quicker to look for than characters.
    if !text.as_bytes().contains(&b'\t') && !text.as_bytes().contains(&0xC2) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut column = 0_usize;
    for c in text.chars() {
        if c == '\t' {
            let width = 8_usize.saturating_sub(column % 8);
            plain.extend(std::iter::repeat_n(' ', width));
            column = column.saturating_add(width);
        } else {
            plain.push(if c == '\u{a0}' { ' ' } else { c });
            column = column.saturating_add(1);
        }
    }
    Cow::Owned(plain)
}

/// A text without the spaces in front. Most of an indented document is that, and it is walked several
/// times: eight bytes are looked at a time.
pub(crate) fn unindented(text: &str) -> &str {
    let eights = text.as_bytes().chunks_exact(8).take_while(|eight| *eight == b"        ").count();
    let rest = text.get(eights.saturating_mul(8)..).unwrap_or_default();
    let more = rest.bytes().take_while(|byte| *byte == b' ').count();
    rest.get(more..).unwrap_or_default()
}

impl Line<'_> {
    /// Keeps the characters from one place to another (in bytes, on character boundaries).
    fn keep(&mut self, from: usize, to: usize) {
        let Some(kept) = self.text.get(from..to) else { return };
        let skipped = self.text.get(..from).map_or(0, |before| before.chars().count());
        let kept = kept.to_owned();
        self.column = self.column.saturating_add(skipped);
        self.text = Cow::Owned(kept);
    }

    pub(crate) fn indent(&self) -> usize {
        self.text.len().saturating_sub(unindented(&self.text).len())
    }

    pub(crate) fn is_blank(&self) -> bool {
        unindented(&self.text).trim().is_empty()
    }
}

/// Reads characters over lines, for JSON and XML.
pub(crate) struct Cursor<'a> {
    lines: &'a [Line<'a>],
    at: usize,
    offset: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(lines: &'a [Line<'a>], at: usize) -> Self {
        let offset = lines
            .get(at)
            .map_or(0, |line| line.text.len() - unindented(&line.text).trim_start().len());
        Self { lines, at, offset }
    }

    /// The index of the line behind the last one that was read from.
    pub(crate) fn end(&self) -> usize {
        if self.offset == 0 { self.at } else { self.at.saturating_add(1) }
    }

    /// The number of the present line in the paste.
    pub(crate) fn line(&self) -> usize {
        self.lines.get(self.at).or(self.lines.last()).map_or(1, |line| line.number)
    }

    /// What is left of the present line.
    pub(crate) fn rest(&self) -> &'a str {
        self.lines.get(self.at).and_then(|line| line.text.get(self.offset..)).unwrap_or_default()
    }

    pub(crate) fn peek(&self) -> Option<char> {
        let line = self.lines.get(self.at)?;
        line.text.get(self.offset..)?.chars().next().or(Some('\n'))
    }

    pub(crate) fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        let at_end = self.lines.get(self.at).is_some_and(|line| self.offset >= line.text.len());
        if at_end {
            self.at = self.at.saturating_add(1);
            self.offset = 0;
        } else {
            self.offset = self.offset.saturating_add(c.len_utf8());
        }
        Some(c)
    }

    /// Skips bytes of the present line that the caller has looked at.
    pub(crate) fn skip(&mut self, bytes: usize) {
        self.offset = self.offset.saturating_add(bytes);
    }

    pub(crate) fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.next();
        }
        found
    }

    pub(crate) fn expected(&self, what: &str) -> ParseError {
        let column = self.lines.get(self.at).map_or(1, |line| {
            let before = line.text.get(..self.offset).map_or(0, |text| text.chars().count());
            line.column.saturating_add(before)
        });
        ParseError { line: self.line(), column, expected: what.to_owned() }
    }
}
