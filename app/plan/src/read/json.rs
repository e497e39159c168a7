//! Parser for FORMAT JSON: a loop with an explicit stack, for any depth. Lenient where pastes are:
//! line breaks and psql's `+` and `↵` marks between tokens, raw line breaks within strings.

use std::borrow::Cow;

use super::build::Builder;
use crate::node::{Format, ParseError, Plan};
use crate::paste::{Cursor, unindented};

/// What JSON may hold at a place.
#[derive(Clone, Copy, PartialEq)]
enum Open {
    Map,
    List,
}

/// Reads one JSON document from the cursor on and leaves the cursor behind it.
pub(crate) fn read(cursor: &mut Cursor<'_>) -> Vec<Plan> {
    Builder::read(Format::Json, cursor, document)
}

fn document(cursor: &mut Cursor<'_>, builder: &mut Builder) -> Result<(), ParseError> {
    let mut stack: Vec<Open> = vec![];
    loop {
        blank(cursor);
        builder.on_line(cursor.line());
        // A key, within a map.
        let mut name = None;
        if stack.last() == Some(&Open::Map) && cursor.peek() != Some('}') {
            if cursor.peek() != Some('"') {
                return Err(cursor.expected("a key in double quotes or “}”"));
            }
            name = Some(string(cursor)?);
            blank(cursor);
            if !cursor.take(':') {
                return Err(cursor.expected("“:” after the key"));
            }
            blank(cursor);
        }
        match cursor.peek() {
            Some('{') => {
                builder.open_map(name.as_deref());
                cursor.next();
                stack.push(Open::Map);
                continue;
            }
            Some('[') => {
                builder.open_list(name.as_deref());
                cursor.next();
                stack.push(Open::List);
                continue;
            }
            Some('}') if stack.last() == Some(&Open::Map) && name.is_none() => {}
            Some(']') if stack.last() == Some(&Open::List) => {}
            Some('"') => {
                let text = string(cursor)?;
                builder.on_line(cursor.line());
                builder.value(name.as_deref(), text.into_owned());
            }
            Some(c) if c.is_alphanumeric() || c == '-' => {
                let rest = cursor.rest();
                let end = rest.find(|c: char| !c.is_alphanumeric() && !"+-.".contains(c));
                let text = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
                cursor.skip(text.len());
                builder.value(name.as_deref(), text.to_owned());
            }
            _ => return Err(cursor.expected("a JSON value")),
        }
        // Behind a value: a comma, or the ends of what is open.
        loop {
            blank(cursor);
            builder.on_line(cursor.line());
            match (cursor.peek(), stack.last()) {
                (Some(','), Some(_)) => {
                    cursor.next();
                    break;
                }
                (Some('}'), Some(Open::Map)) | (Some(']'), Some(Open::List)) => {
                    builder.close();
                    cursor.next();
                    stack.pop();
                }
                (_, None) => return Ok(()),
                (_, Some(Open::Map)) => return Err(cursor.expected("“,” or “}”")),
                (_, Some(Open::List)) => return Err(cursor.expected("“,” or “]”")),
            }
            if stack.is_empty() {
                return Ok(());
            }
        }
    }
}

/// Skips what may stand between tokens.
fn blank(cursor: &mut Cursor<'_>) {
    loop {
        // Indentation at once: most of a pretty document is that.
        let rest = cursor.rest();
        cursor.skip(rest.len().saturating_sub(unindented(rest).len()));
        // Nearly always a quote, a bracket, a comma or a digit follows: no need to read a character.
        let byte = cursor.rest().bytes().next();
        if byte.is_some_and(|byte| byte.is_ascii_graphic() && byte != b'+')
            || !cursor.peek().is_some_and(|c| c.is_whitespace() || c == '+' || c == '↵')
        {
            return;
        }
        cursor.next();
    }
}

/// A string; not copied where it stands in one line and nothing in it is escaped.
fn string<'a>(cursor: &mut Cursor<'a>) -> Result<Cow<'a, str>, ParseError> {
    cursor.next();
    let mut text = String::new();
    loop {
        // What stands for itself, at once.
        let rest = cursor.rest();
        let end = rest.bytes().position(|byte| byte == b'"' || byte == b'\\');
        let plain = end.and_then(|end| rest.get(..end)).unwrap_or(rest);
        cursor.skip(plain.len());
        let next = cursor.next();
        if next == Some('"') && text.is_empty() {
            return Ok(Cow::Borrowed(plain));
        }
        text.push_str(plain);
        match next {
            Some('"') => return Ok(Cow::Owned(text)),
            Some('\\') => match cursor.next() {
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some('r') => text.push('\r'),
                Some('b') => text.push('\u{8}'),
                Some('f') => text.push('\u{c}'),
                Some('u') => text.push(escaped(cursor)),
                Some(c) => text.push(c),
                None => return Err(cursor.expected("the end of the string")),
            },
            // EXPLAIN escapes line breaks; a raw one was put in by a terminal.
            Some('\n') => {}
            Some(c) => text.push(c),
            None => return Err(cursor.expected("the end of the string")),
        }
    }
}

/// The character of a `\u` escape; a pair of surrogates is one character.
fn escaped(cursor: &mut Cursor<'_>) -> char {
    let high = hex(cursor);
    if (0xD800..0xDC00).contains(&high) && cursor.rest().starts_with("\\u") {
        cursor.next();
        cursor.next();
        let low = hex(cursor);
        let pair = 0x1_0000 + ((high & 0x3FF) << 10) + (low & 0x3FF);
        return char::from_u32(pair).unwrap_or(char::REPLACEMENT_CHARACTER);
    }
    char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn hex(cursor: &mut Cursor<'_>) -> u32 {
    let mut code = 0;
    for _ in 0..4 {
        let Some(digit) = cursor.peek().and_then(|c| c.to_digit(16)) else { break };
        code = code * 16 + digit;
        cursor.next();
    }
    code
}
