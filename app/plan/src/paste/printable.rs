//! Decodes quoted-printable, in which mails are sent: `=3D` for `=`, and `=` at the end of a line that
//! goes on.

use std::borrow::Cow;

use super::{Line, bytes};

/// Decodes all lines, if they are quoted-printable.
pub(super) fn decode(lines: &mut Vec<Line<'_>>) {
    if !is_encoded(lines) {
        return;
    }
    let mut decoded: Vec<Line<'_>> = Vec::with_capacity(lines.len());
    let mut open = false;
    for line in lines.drain(..) {
        let text = line.text.trim_end();
        let (text, goes_on) = match text.strip_suffix('=') {
            Some(text) => (text, true),
            None => (text, false),
        };
        let text = Cow::Owned(characters(text));
        match decoded.last_mut().filter(|_| open) {
            Some(last) => last.text.to_mut().push_str(&text),
            None => decoded.push(Line { text, ..line }),
        }
        open = goes_on;
    }
    *lines = decoded;
}

/// Whether figures carry the code of `=`, or each `=` of a paste without figures is a code or the end
/// of a line.
fn is_encoded(lines: &[Line<'_>]) -> bool {
    let contains =
        |signs: &[&str]| lines.iter().any(|line| signs.iter().any(|sign| line.text.contains(sign)));
    if contains(&["cost=3D", "rows=3D", "loops=3D", "time=3D"]) {
        return true;
    }
    if contains(&["cost=", "rows=", "loops="]) {
        return false;
    }
    let (mut codes, mut others) = (0_usize, 0_usize);
    for line in lines {
        let text = line.text.trim_end();
        let mut pieces = text.split('=').skip(1).peekable();
        while let Some(piece) = pieces.next() {
            let end = piece.is_empty() && pieces.peek().is_none();
            if end || piece.starts_with("3D") || piece.starts_with("20") {
                codes = codes.saturating_add(1);
            } else if code(piece).is_none() {
                others = others.saturating_add(1);
            }
        }
    }
    codes > 0 && others == 0
}

/// The byte that two upper-case hexadecimal digits stand for.
fn code(text: &str) -> Option<u8> {
    let digits = text.get(..2)?;
    let hex = |c: char| c.is_ascii_digit() || ('A'..='F').contains(&c);
    digits.chars().all(hex).then(|| u8::from_str_radix(digits, 16).ok())?
}

fn characters(text: &str) -> String {
    let mut pieces = text.split('=');
    let mut decoded: Vec<u8> = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        match code(piece) {
            Some(byte) => {
                decoded.push(byte);
                decoded.extend(piece.bytes().skip(2));
            }
            None => {
                decoded.push(b'=');
                decoded.extend(piece.bytes());
            }
        }
    }
    bytes::decode(&decoded).into_owned()
}
