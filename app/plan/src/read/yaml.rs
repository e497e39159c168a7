//! Parser for FORMAT YAML as EXPLAIN prints it: one key or item per line, strings in JSON's quotes.

use super::build::Builder;
use crate::node::{Format, Plan};
use crate::paste::Line;

/// Reads the YAML document that starts at a line; gives its plans and the number of lines it took.
pub(crate) fn read(lines: &[Line<'_>]) -> (Vec<Plan>, usize) {
    let mut builder = Builder::new(Format::Yaml, lines.first().map_or(1, |line| line.number));
    // The indentation of what is open, innermost last.
    let mut open: Vec<usize> = vec![];
    let mut first = None;
    let mut taken = 0;
    let mut iter = lines.iter().enumerate().peekable();
    while let Some((at, line)) = iter.next() {
        let text = line.text.trim_end();
        let body = text.trim_start();
        let mut indent = text.len().saturating_sub(body.len());
        let base = *first.get_or_insert(indent);
        if body.is_empty() {
            continue;
        }
        if indent < base || !looks_like_yaml(body) {
            break;
        }
        taken = at.saturating_add(1);
        builder.on_line(line.number);
        let (item, body) = match body.strip_prefix("- ") {
            Some(rest) => (true, rest.trim_start()),
            None => (false, body),
        };
        while open
            .last()
            .is_some_and(|at| *at > indent || (item && *at == indent.saturating_add(2)))
        {
            open.pop();
            builder.close();
        }
        if item {
            let key = split(body);
            if let Some((name, _)) = key.as_ref().filter(|_| !body.starts_with('"')) {
                // An item that is a map: its first key stands on this line.
                builder.open_map(None);
                indent = indent.saturating_add(2);
                open.push(indent);
                let _ = name;
            } else {
                builder.value(None, unquote(body));
                continue;
            }
        } else if open.is_empty() {
            builder.open_map(None);
            open.push(indent);
        }
        let Some((name, value)) = split(body) else { continue };
        if !value.is_empty() {
            builder.value(Some(&name), unquote(value));
            continue;
        }
        // A group: what follows deeper tells a list from a map.
        let next = iter.peek().map(|(_, line)| line.text.trim_end()).unwrap_or_default();
        let inner = next.trim_start();
        let depth = next.len().saturating_sub(inner.len());
        if depth <= indent {
            continue;
        }
        if inner.starts_with("- ") {
            builder.open_list(Some(&name));
        } else {
            builder.open_map(Some(&name));
        }
        open.push(depth);
    }
    (builder.finish(), taken)
}

fn looks_like_yaml(body: &str) -> bool {
    body.starts_with("- ") || split(body).is_some_and(|(name, _)| !name.contains('('))
}

/// Key and value of a line.
fn split(body: &str) -> Option<(String, &str)> {
    if let Some(rest) = body.strip_prefix('"') {
        let (name, value) = rest.split_once("\":")?;
        return Some((name.to_owned(), value.trim()));
    }
    let (name, value) = body.split_once(':')?;
    let fits = name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && (value.is_empty() || value.starts_with(' '));
    fits.then(|| (name.to_owned(), value.trim()))
}

/// The text of a value: JSON's escapes within double quotes.
fn unquote(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"') else { return value.to_owned() };
    let inner = inner.strip_suffix('"').unwrap_or(inner);
    let mut text = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some('r') => text.push('\r'),
            Some('u') => {
                let code: String = chars.by_ref().take(4).collect();
                let code = u32::from_str_radix(&code, 16).ok().and_then(char::from_u32);
                text.push(code.unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            Some(c) => text.push(c),
            None => {}
        }
    }
    text
}
