//! Makes a paste readable before it is parsed: encodings, containers, what stands in front of lines,
//! frames, wraps. One step after the other, each of which leaves alone what it does not know; a clean
//! paste passes through as it is.

mod balance;
mod bytes;
mod cut;
mod diff;
mod document;
mod escapes;
mod frame;
mod html;
mod literal;
mod log;
mod nested;
mod node;
mod prefix;
mod printable;
mod quote;
mod rows;
mod symbols;
mod wrap;

use std::borrow::Cow;

pub use bytes::decode;

use crate::node::{Notice, ParseError};

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
    /// Whether the next line continues this one.
    pub wraps: bool,
    /// Whether its end is missing.
    pub cut: bool,
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

/// Splits and cleans a paste. Gives what a reader should know about that as well.
pub(crate) fn lines(paste: &str) -> (Vec<Line<'_>>, Vec<Notice>) {
    let mut notices = vec![];
    let seen = Seen::of(paste);
    let mut lines = split(paste, &seen);
    let orders = seen.any(b"\x08\x1b[");
    if seen.any(b"\0>") || orders || seen.beyond_ascii {
        symbols::clean(&mut lines, orders, seen.beyond_ascii);
    }
    if seen.any(b"=") && ["=3D", "=\n", "=\r\n"].iter().any(|sign| paste.contains(sign)) {
        printable::decode(&mut lines);
    }
    if seen.any(b"&") || seen.any(b"<") && html::has_tags(paste) {
        html::decode(&mut lines);
        symbols::clean(&mut lines, orders, true);
    }
    if seen.any(b"\\") || seen.beyond_ascii {
        escapes::undo(&mut lines);
    }
    diff::unwrap(&mut lines, &mut notices);
    if seen.any(b"\"'`") {
        rows::unwrap(&mut lines, &mut notices);
    }
    if seen.any(b"{") {
        literal::as_json(&mut lines, &mut notices);
        nested::unwrap(&mut lines);
    }
    if seen.any(b">") {
        cut::pager(&mut lines);
    }
    prefix::strip(&mut lines, &mut notices);
    if seen.any(b"\t") || seen.any(b"#\\^") {
        for line in lines.iter_mut().filter(|line| line.text.contains('\t')) {
            line.text = Cow::Owned(untabbed(&line.text));
        }
    }
    if paste.contains(log::HEAD.trim_end()) || seen.any(b"\0") {
        log::unwrap(&mut lines);
    }
    quote::strip(&mut lines);
    frame::strip(&mut lines);
    wrap::rejoin(&mut lines, &mut notices);
    cut::mark(&mut lines, &mut notices);
    (lines, notices)
}

/// Which bytes a paste has: most steps look for signs that most pastes do not have.
struct Seen {
    bytes: [bool; 256],
    beyond_ascii: bool,
}

impl Seen {
    fn of(paste: &str) -> Self {
        let mut bytes = [false; 256];
        for byte in paste.bytes() {
            if let Some(seen) = bytes.get_mut(usize::from(byte)) {
                *seen = true;
            }
        }
        let beyond_ascii = bytes.iter().skip(128).any(|seen| *seen);
        Self { bytes, beyond_ascii }
    }

    fn any(&self, bytes: &[u8]) -> bool {
        bytes.iter().any(|byte| self.bytes.get(usize::from(*byte)).is_some_and(|seen| *seen))
    }
}

/// The lines of a paste; a carriage return alone ends one as well.
fn split<'a>(paste: &'a str, seen: &Seen) -> Vec<Line<'a>> {
    let paste = paste.trim_start_matches('\u{feff}');
    let (zeros, returns) = (seen.any(b"\0"), seen.any(b"\r"));
    let mut lines = Vec::new();
    for (at, text) in paste.split('\n').enumerate() {
        let mut line = Line {
            text: Cow::Borrowed(text),
            number: at.saturating_add(1),
            column: 1,
            ..Line::default()
        };
        // UTF-16 that was taken for UTF-8: what its byte order mark became, and zeros.
        if zeros {
            line.text = Cow::Owned(text.replace(['\0', '\u{fffd}'], ""));
        }
        if returns && line.text.contains('\r') {
            let text = line.text.trim_end_matches('\r').to_owned();
            let pieces = text.split('\r');
            lines.extend(
                pieces.map(|piece| Line { text: Cow::Owned(piece.to_owned()), ..line.clone() }),
            );
        } else {
            lines.push(line);
        }
    }
    lines
}

/// Spaces for tabs up to the next multiple of eight.
fn untabbed(text: &str) -> String {
    let mut plain = String::with_capacity(text.len().saturating_add(16));
    let mut column = 0_usize;
    for c in text.chars() {
        if c == '\t' {
            let width = 8_usize.saturating_sub(column % 8);
            plain.extend(std::iter::repeat_n(' ', width));
            column = column.saturating_add(width);
        } else {
            plain.push(c);
            column = column.saturating_add(1);
        }
    }
    plain
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
