//! Tags that clients put into comments of statements: sqlcommenter (`k='v'`, at the end), marginalia and
//! Rails (`k:v`) and Hasura (`k=v`, in front). Pure. What stands in literals, names and line comments is no
//! comment, and `/*+ … */` is a hint to a planner.

/// Tags of one statement that are read.
const MOST_TAGS: usize = 20;
/// The longest key, bytes.
const KEY_BYTES: usize = 64;
/// The longest value, bytes: a traceparent has 55.
const VALUE_BYTES: usize = 256;

/// The tags of a statement in the order in which they stand there.
pub fn tags(statement: &str) -> Vec<(String, String)> {
    let mut found = comments(statement).into_iter().filter_map(of_comment).flatten();
    found.by_ref().take(MOST_TAGS).collect()
}

/// The insides of `/* … */` outside of literals and quoted names. One that is cut off is none.
fn comments(statement: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut before = ' ';
    while let Some(rest) = statement.get(at..) {
        let Some(first) = rest.chars().next() else { break };
        let is_escape = first == '\'' && matches!(before, 'e' | 'E');
        let length = match first {
            _ if rest.starts_with("--") => rest.find('\n'),
            _ if rest.starts_with("/*") => {
                let length = comment(rest);
                found.extend(length.and_then(|length| rest.get(2..length - 2)));
                length
            }
            '\'' => quoted(rest, '\'', is_escape),
            '"' => quoted(rest, '"', false),
            '$' if !is_word(before) => match dollar_quoted(rest) {
                Dollar::Quoted(length) => Some(length),
                Dollar::CutOff => None,
                Dollar::Parameter => Some(1),
            },
            _ => Some(first.len_utf8()),
        };
        let Some(length) = length else { break };
        // Of `type'…'` only the last letter matters, and only where no word goes on before it.
        before = if is_word(first) && is_word(before) { '_' } else { first };
        at += length;
    }
    found
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// The length of a comment; comments nest. None when it does not end.
fn comment(text: &str) -> Option<usize> {
    let (mut depth, mut at) = (0_usize, 0);
    loop {
        let rest = text.get(at..)?;
        if rest.starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest.starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return Some(at);
            }
        } else {
            at += rest.chars().next()?.len_utf8();
        }
    }
}

/// The length of a literal or a quoted name; a doubled quote belongs to it.
fn quoted(text: &str, quote: char, with_escapes: bool) -> Option<usize> {
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        if with_escapes && letter == '\\' {
            letters.next();
        } else if letter == quote && letters.next_if(|(_, next)| *next == quote).is_none() {
            return Some(at + 1);
        }
    }
    None
}

enum Dollar {
    Quoted(usize),
    CutOff,
    Parameter,
}

fn dollar_quoted(text: &str) -> Dollar {
    let tag = text.get(1..).and_then(|rest| rest.split_once('$')).map(|(tag, _)| tag);
    let is_tag =
        |tag: &&str| !tag.starts_with(|c: char| c.is_ascii_digit()) && tag.chars().all(is_word);
    let Some(tag) = tag.filter(is_tag) else { return Dollar::Parameter };
    let mark = format!("${tag}$");
    let body = text.get(mark.len()..).and_then(|body| body.find(&mark));
    body.map_or(Dollar::CutOff, |length| Dollar::Quoted(length + 2 * mark.len()))
}

/// The tags of one comment, when all of it is tags in one of the forms.
fn of_comment(comment: &str) -> Option<Vec<(String, String)>> {
    let comment = comment.trim();
    if comment.is_empty() || comment.starts_with('+') {
        return None;
    }
    sqlcommenter(comment)
        .or_else(|| parts(comment, &[','], ':'))
        .or_else(|| parts(comment, &[',', ' '], '='))
}

/// `key='value',…`, both URL-encoded.
fn sqlcommenter(comment: &str) -> Option<Vec<(String, String)>> {
    let (mut tags, mut rest) = (Vec::new(), comment);
    loop {
        let (key, value) = rest.split_once("='")?;
        let end = end_of_value(value)?;
        let value_text = value.get(..end)?.replace("\\'", "'");
        tags.push(tag(&decoded(key.trim()), &decoded(&value_text))?);
        rest = value.get(end + 1..)?.trim_start();
        if rest.is_empty() {
            return Some(tags);
        }
        rest = rest.strip_prefix(',')?;
    }
}

/// Where the closing quote stands; `\'` is none.
fn end_of_value(value: &str) -> Option<usize> {
    let mut letters = value.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => {
                letters.next();
            }
            '\'' => return Some(at),
            _ => {}
        }
    }
    None
}

/// `key:value,…` or the like; a blank behind the separator is prose.
fn parts(comment: &str, between: &[char], separator: char) -> Option<Vec<(String, String)>> {
    let one = |part: &str| {
        let (key, value) = part.trim().split_once(separator)?;
        (!value.starts_with(' ')).then(|| tag(key, value))?
    };
    let parts = comment.split(between).filter(|part| !part.trim().is_empty());
    parts.map(one).collect()
}

/// None when it cannot be a tag.
fn tag(key: &str, value: &str) -> Option<(String, String)> {
    let in_key = |letter: char| is_word(letter) || "-._".contains(letter);
    let is_key = !key.is_empty() && key.len() <= KEY_BYTES && key.chars().all(in_key);
    let is_value = !value.is_empty() && value.len() <= VALUE_BYTES;
    let is_clean = !value.chars().any(char::is_control);
    (is_key && is_value && is_clean).then(|| (key.to_owned(), value.to_owned()))
}

/// `%41` is `A`; what is no such code stays as it is.
fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, after @ ..] = rest {
        let code = after.get(..2).filter(|_| *first == b'%');
        let code = code.and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(statement: &str) -> String {
        let tags = tags(statement);
        tags.iter().map(|(key, value)| format!("{key}={value};")).collect()
    }

    #[test]
    fn each_form_is_read() {
        for (statement, expected) in [
            (
                "select 1 /*action='%2Fparam*d',controller='index',framework='spring',x='it\\'s'*/",
                "action=/param*d;controller=index;framework=spring;x=it's;",
            ),
            (
                "select 1 /* application:shop,controller:orders,line:/app/o.rb:12:in `find' */;",
                "application=shop;controller=orders;line=/app/o.rb:12:in `find';",
            ),
            (
                "/* field_name=users,operation_name=GetUsers */ select 1",
                "field_name=users;operation_name=GetUsers;",
            ),
            ("/* request_id=7 field_name=users */ select 1", "request_id=7;field_name=users;"),
        ] {
            assert_eq!(shown(statement), expected, "{statement}");
        }
    }

    #[test]
    fn what_only_looks_like_a_comment_is_none() {
        for statement in [
            "select '/*a=1*/'",
            "select E'it\\'s /*a=1*/'",
            "select $$ /*a=1*/ $$, $q$ /*a=1*/ $q$",
            "select \"/*a=1*/\"",
            "select 1 -- /*a=1*/",
            "/*+ seqscan=off */ select 1",
            "select 1 /*a=1",
            "select 'cut off /*a=1*/",
            "select 1 /* see ticket: 7, later */",
            "select 1 /* a: 1 */",
            "select 1 /**/",
        ] {
            assert_eq!(shown(statement), "", "{statement}");
        }
    }

    #[test]
    fn a_comment_behind_what_looks_like_one_is_read() {
        for statement in [
            "select '-- no comment', 'it''s' /*a='1'*/",
            "select 1 -- 'open\n/*a=1*/",
            "select like'\\' /*a=1*/",
            "select $1 + $2 /*a=1*/",
            "select a$b from t /*a=1*/",
            "/* outer /* inner */ prose */ select 1 /*a=1*/",
        ] {
            assert_eq!(shown(statement), "a=1;", "{statement}");
        }
    }
}
