//! Takes lines out of HTML: entities, line breaks, cells of tables, and tags around a line.

use std::borrow::Cow;

use super::Line;

/// Tags that end a line.
const BREAKS: &str = " br tr p div li ";
/// Tags that are taken off.
const OTHERS: &str = " a b blockquote body caption center code em font h1 h2 h3 h4 html i ol pre samp small span strong table tbody td th thead tt u ul ";

/// Whether a paste has what may be a tag.
pub(super) fn has_tags(paste: &str) -> bool {
    let tag = |at: usize| {
        let next = paste.as_bytes().get(at.saturating_add(1));
        next.is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'/')
    };
    paste.match_indices('<').any(|(at, _)| tag(at))
}

/// What of HTML is in a paste.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Nothing,
    /// No-break spaces between what was copied from a page.
    Spaces,
    /// All of it is HTML.
    All,
}

/// Decodes all lines, if they are HTML.
pub(super) fn decode(lines: &mut Vec<Line<'_>>) {
    // Escaped once more by the next page it was copied to.
    for _ in 0..2 {
        match found(lines) {
            Found::Nothing => return,
            Found::Spaces => {
                for line in lines.iter_mut().filter(|line| line.text.contains("&nbsp;")) {
                    line.text = Cow::Owned(outside_literals(&line.text));
                }
                return;
            }
            Found::All => {
                let mut decoded = Vec::with_capacity(lines.len());
                for line in lines.drain(..) {
                    untag(line, &mut decoded);
                }
                *lines = decoded;
            }
        }
    }
}

fn found(lines: &[Line<'_>]) -> Found {
    let any = |sign: &str| lines.iter().any(|line| line.text.contains(sign));
    let xml = ["<explain", "<Plan>", "<Node-Type>"].iter().any(|tag| any(tag));
    let escaped = [
        "-&gt;",
        "-&#62;",
        "-&#x3e;",
        "-&amp;gt;",
        "&quot;Plan&quot;",
        "&quot;Node Type",
        "&lt;explain",
        "&#34;Plan&#34;",
    ];
    if !xml && escaped.iter().any(|sign| any(sign)) {
        return Found::All;
    }
    let tags = ["<td", "<tr", "<pre", "<code", "<span", "<p>", "<div"].iter().any(|tag| any(tag));
    let broken = lines.iter().filter(|line| {
        let text = line.text.trim_end();
        text.contains("<br")
            && (text.contains("(cost=") || text.contains("(actual ") || text.ends_with('>'))
    });
    let entities = ["&gt;", "&lt;", "&#39;", "&quot;", "&apos;"].iter().any(|sign| any(sign));
    if !xml && (tags || broken.count() > 0 || entities && !any("<") && !any(">")) {
        let plan = any("(cost=") || any("(actual ") || any("->") || any("&gt;") || any("Plan");
        if plan {
            return Found::All;
        }
    }
    let spaces = lines.iter().any(|line| outside(&line.text, "&nbsp;"));
    if spaces { Found::Spaces } else { Found::Nothing }
}

/// Whether a sign stands outside of literals.
fn outside(text: &str, sign: &str) -> bool {
    text.contains(sign) && text.split('\'').step_by(2).any(|piece| piece.contains(sign))
}

/// No-break spaces as spaces, but within literals.
fn outside_literals(text: &str) -> String {
    let pieces = text.split('\'').enumerate();
    let pieces =
        pieces.map(
            |(at, piece)| if at % 2 == 0 { piece.replace("&nbsp;", " ") } else { piece.to_owned() },
        );
    pieces.collect::<Vec<_>>().join("'")
}

/// Takes off tags and entities; a line of HTML may be several.
fn untag<'a>(line: Line<'a>, decoded: &mut Vec<Line<'a>>) {
    if !line.text.contains(['<', '&']) {
        return decoded.push(line);
    }
    let mut text = String::with_capacity(line.text.len());
    let mut rest: &str = &line.text;
    let mut tags = 0_usize;
    let mut push = |text: String| {
        decoded.push(Line { text: Cow::Owned(text), ..line.clone() });
    };
    while let Some(at) = rest.find(['<', '&']) {
        text.push_str(rest.get(..at).unwrap_or_default());
        rest = rest.get(at..).unwrap_or_default();
        if let Some((name, length)) = tag(rest) {
            tags = tags.saturating_add(1);
            let cell = matches!(name.as_str(), "td" | "th" | "pre" | "code");
            // The indentation of the markup, not of what it marks.
            if cell && text.trim().is_empty() && !rest.starts_with("</") {
                text.clear();
            }
            if BREAKS.contains(&format!(" {name} ")) && !(text.trim().is_empty() && name != "br") {
                push(std::mem::take(&mut text));
            }
            rest = rest.get(length..).unwrap_or_default();
        } else if let Some((c, length)) = entity(rest) {
            text.push(c);
            rest = rest.get(length..).unwrap_or_default();
        } else {
            let length = rest.chars().next().map_or(1, char::len_utf8);
            text.push_str(rest.get(..length).unwrap_or_default());
            rest = rest.get(length..).unwrap_or_default();
        }
    }
    text.push_str(rest);
    if !text.trim().is_empty() || tags == 0 {
        push(text);
    }
}

/// Name and length of the known tag that a text starts with.
fn tag(text: &str) -> Option<(String, usize)> {
    let rest = text.strip_prefix('<')?;
    let body = rest.strip_prefix('/').unwrap_or(rest);
    let length = body.bytes().take(12).take_while(u8::is_ascii_alphanumeric).count();
    let name = body.get(..length)?.to_ascii_lowercase();
    let next = body.get(length..)?.chars().next()?;
    let known = [BREAKS, OTHERS].iter().any(|names| names.contains(&format!(" {name} ")));
    if name.is_empty() || !known || !matches!(next, '>' | ' ' | '/') {
        return None;
    }
    let end = text.bytes().take(400).position(|byte| byte == b'>')?;
    Some((name, end.saturating_add(1)))
}

/// The character of the entity that a text starts with, and its length.
fn entity(text: &str) -> Option<(char, usize)> {
    let rest = text.strip_prefix('&')?;
    let end = rest.bytes().take(10).position(|byte| byte == b';')?;
    let name = rest.get(..end)?;
    let c = match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" | "ldquo" | "rdquo" => '"',
        "apos" | "lsquo" | "rsquo" => '\'',
        "nbsp" | "ensp" | "emsp" | "thinsp" => ' ',
        "rarr" => '→',
        "ndash" => '\u{2013}',
        "mdash" => '\u{2014}',
        "minus" => '-',
        "hellip" => '…',
        _ => {
            let code = name.strip_prefix('#')?;
            let number = match code.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => code.parse().ok()?,
            };
            let c = char::from_u32(number)?;
            if c == '\u{a0}' { ' ' } else { c }
        }
    };
    Some((c, end.saturating_add(2)))
}
