//! Puts plain characters for what terminals, web pages and word processors have made of them: colours,
//! spaces without a width or of another one, arrows, curly quotes.

use std::borrow::Cow;

use super::{Line, node};
use crate::text::{figures_start, is_kind};

/// What people and programs write for `->`. The longest first.
const ARROWS: [&str; 14] = [
    "-->",
    "-\\>",
    "=>",
    "\u{2013}>",
    "\u{2014}>",
    "\u{2212}>",
    "\u{2011}>",
    "\u{2010}>",
    "→",
    "⟶",
    "➔",
    "➜",
    "⇒",
    "➡",
];

/// Cleans the characters of all lines. `orders` says that there may be orders to a terminal.
pub(super) fn clean(lines: &mut [Line<'_>], orders: bool, beyond_ascii: bool) {
    let any = |sign: &str| lines.iter().any(|line| line.text.contains(sign));
    let signs = ["\u{1b}", "\u{9b}", "[0m", "[m", "[1m", "\u{8}"];
    let colours = orders && signs.iter().any(|sign| any(sign));
    let signs = ["’::", "= ‘", "“Plan", "“Node"];
    let curly = beyond_ascii && signs.iter().any(|sign| any(sign));
    for line in lines.iter_mut() {
        if !line.text.is_ascii() && line.text.chars().any(|c| space(c).is_some()) {
            let plain = line.text.chars().filter_map(|c| space(c).unwrap_or(Some(c))).collect();
            line.text = Cow::Owned(plain);
        }
        if colours {
            uncolour(line);
        }
        if curly && !line.text.is_ascii() {
            line.text = Cow::Owned(line.text.chars().map(straight).collect());
        }
        arrow(line);
    }
}

/// What stands for a space of another width; `Some(None)` for what is not seen at all.
fn space(c: char) -> Option<Option<char>> {
    match c {
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => {
            Some(Some(' '))
        }
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' => Some(None),
        _ => None,
    }
}

fn straight(c: char) -> char {
    match c {
        '‘' | '’' | '‚' => '\'',
        '“' | '”' | '„' => '"',
        c => c,
    }
}

/// Takes off colours and other orders to a terminal, also where the escape character itself is lost
/// (`[1;31m`) or written out (`^[[0m`, `\x1b[0m`).
fn uncolour(line: &mut Line<'_>) {
    let text = &line.text;
    if !text.contains(['[', '\u{1b}', '\u{9b}', '\u{8}']) {
        return;
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest: &str = text;
    while let Some(c) = rest.chars().next() {
        if let Some(length) = order(rest) {
            rest = rest.get(length..).unwrap_or_default();
            continue;
        }
        // A character struck over by the next one, as manuals do for bold type.
        if c == '\u{8}' {
            plain.pop();
        } else {
            plain.push(c);
        }
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
    }
    line.text = Cow::Owned(plain);
}

/// Bytes of the order to a terminal that a text starts with.
fn order(text: &str) -> Option<usize> {
    const LONGEST: usize = 32;
    let escapes = ["\u{1b}[", "\u{9b}", "^[[", "\\x1b[", "\\033[", "\\e[", "\\u001b[", "\u{241b}["];
    let escape = escapes.iter().find(|escape| text.starts_with(**escape));
    let Some(escape) = escape else {
        if let Some(rest) = text.strip_prefix("\u{1b}]") {
            let end = rest.find(['\u{7}', '\u{1b}']).filter(|end| *end < 200);
            return Some(end.map_or(2, |end| end.saturating_add(3)));
        }
        if text.starts_with('\u{1b}') {
            return Some(if text.starts_with("\u{1b}(") { 3.min(text.len()) } else { 1 });
        }
        // What is left of a colour without its escape character.
        let rest = text.strip_prefix('[')?;
        let digits =
            rest.bytes().take(LONGEST).take_while(|byte| byte.is_ascii_digit() || *byte == b';');
        let digits = digits.count();
        return rest.get(digits..)?.starts_with('m').then(|| digits.saturating_add(2));
    };
    let rest = text.get(escape.len()..)?;
    let parameters =
        rest.bytes().take(LONGEST).take_while(|byte| (0x20..0x40).contains(byte)).count();
    let end = rest.get(parameters..)?.chars().next().map_or(0, char::len_utf8);
    Some(escape.len().saturating_add(parameters).saturating_add(end))
}

/// Writes `-> ` where a node stands behind another arrow.
fn arrow(line: &mut Line<'_>) {
    let text = &line.text;
    let ascii = text.is_ascii();
    let Some(last) = text.rfind('>').or((!ascii).then_some(0)) else { return };
    // Nearly all nodes have the arrow that PostgreSQL writes, and nothing else that could be one.
    let body = text.trim_start_matches(' ');
    let own = text.len().saturating_sub(body.len()).saturating_add(1);
    if ascii && last == own && body.starts_with("->  ") {
        return;
    }
    let mut plain = String::new();
    let mut rest: &str = text;
    while let Some((at, length)) = next_arrow(rest, ascii, plain.is_empty()) {
        let behind = rest.get(at.saturating_add(length)..).unwrap_or_default();
        plain.push_str(rest.get(..at).unwrap_or_default());
        plain.push_str(if behind.starts_with(' ') { "->" } else { "->  " });
        rest = behind;
    }
    if !plain.is_empty() {
        plain.push_str(rest);
        line.text = Cow::Owned(plain);
    }
}

/// The next arrow before a node that is not `-> ` already, and its length.
fn next_arrow(text: &str, ascii: bool, first: bool) -> Option<(usize, usize)> {
    let mut from = 0_usize;
    while let Some(rest) = text.get(from..) {
        // What ends as an arrow does, or is one in itself.
        let at =
            rest.find(|c| c == '>' || !ascii && ARROWS.iter().any(|arrow| arrow.starts_with(c)))?;
        let at = from.saturating_add(at);
        let start = text.get(..at).map_or(at, |before| at.saturating_sub(before.len().min(2)));
        let found = (start..=at).filter(|at| text.is_char_boundary(*at)).find_map(|at| {
            let arrow = ARROWS
                .iter()
                .chain(&["->"])
                .find(|arrow| text.get(at..).is_some_and(|rest| rest.starts_with(**arrow)))?;
            let behind = text.get(at.saturating_add(arrow.len())..)?;
            let node = is_kind(node::title(behind));
            let other = *arrow != "->"
                && (node || first && alone(text, at) && figures_start(behind).is_some());
            (other || node && !behind.starts_with(' ')).then_some((at, arrow.len()))
        });
        if found.is_some() {
            return found;
        }
        let width = text.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
        from = at.saturating_add(width);
    }
    None
}

/// Whether nothing but spaces stands before a place.
fn alone(text: &str, at: usize) -> bool {
    text.get(..at).is_some_and(|before| before.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::Line;

    fn cleaned(text: &str) -> String {
        let mut lines = [Line { text: text.into(), number: 1, column: 1, ..Line::default() }];
        super::clean(&mut lines, true, true);
        lines.into_iter().map(|line| line.text.into_owned()).collect()
    }

    #[test]
    fn plain_characters_stand_for_others() {
        for (text, plain) in [
            ("\u{1b}[1;31mLimit\u{1b}[0m  (cost=1..2", "Limit  (cost=1..2"),
            ("[1;31mLimit[0m", "Limit"),
            ("^[[32mLimit^[[0m", "Limit"),
            ("\u{a0}\u{a0}→\u{a0}Sort", "  -> Sort"),
            ("  –>  Seq Scan on a", "  ->  Seq Scan on a"),
            ("  -->  Hash", "  ->  Hash"),
            ("  ->Hash Join", "  ->  Hash Join"),
            ("Filter: (a = ‘b’::text)", "Filter: (a = 'b'::text)"),
            ("Filter: (a = 'b → c'::text)", "Filter: (a = 'b → c'::text)"),
            ("Filter: (a[1] = '[31'::text)", "Filter: (a[1] = '[31'::text)"),
            ("L\u{8}Li\u{8}imit", "Limit"),
        ] {
            assert_eq!(cleaned(text), plain);
        }
    }
}
