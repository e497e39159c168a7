//! The text of a statement with its tokens marked. Knows SQL's lexical rules well enough to colour
//! hostile text; never decides anything by it, and every character of the text is shown as it is.

use leptos::prelude::*;

/// What a stretch of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// A reserved or common key word.
    Keyword,
    /// A quoted string, also dollar-quoted.
    Text,
    /// A number or a parameter such as `$1`.
    Number,
    /// A comment.
    Comment,
    /// All else.
    Plain,
}

/// Statements longer than this fold on the page, bytes.
const FOLD_AFTER: usize = 600;

/// Sorted, lower case.
const KEYWORDS: &[&str] = &[
    "add",
    "all",
    "alter",
    "analyze",
    "and",
    "any",
    "as",
    "asc",
    "begin",
    "between",
    "by",
    "case",
    "cast",
    "cluster",
    "column",
    "commit",
    "concurrently",
    "conflict",
    "constraint",
    "copy",
    "create",
    "cross",
    "current_timestamp",
    "database",
    "default",
    "delete",
    "desc",
    "distinct",
    "do",
    "drop",
    "else",
    "end",
    "except",
    "execute",
    "exists",
    "explain",
    "false",
    "fetch",
    "filter",
    "for",
    "foreign",
    "from",
    "full",
    "function",
    "grant",
    "group",
    "having",
    "ilike",
    "in",
    "index",
    "inner",
    "insert",
    "intersect",
    "interval",
    "into",
    "is",
    "join",
    "key",
    "lateral",
    "left",
    "like",
    "limit",
    "lock",
    "materialized",
    "no",
    "not",
    "null",
    "nulls",
    "of",
    "offset",
    "on",
    "or",
    "order",
    "outer",
    "over",
    "partition",
    "prepare",
    "primary",
    "refresh",
    "reindex",
    "release",
    "returning",
    "revoke",
    "right",
    "rollback",
    "row",
    "rows",
    "savepoint",
    "select",
    "set",
    "share",
    "show",
    "start",
    "table",
    "then",
    "to",
    "transaction",
    "true",
    "truncate",
    "union",
    "unique",
    "update",
    "using",
    "vacuum",
    "values",
    "view",
    "when",
    "where",
    "window",
    "with",
];

/// Splits `text` into tokens; their texts put together are `text` again.
pub fn tokens(text: &str) -> Vec<(Token, &str)> {
    let mut out: Vec<(Token, &str)> = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (token, length) = next(rest);
        let (taken, left) = rest.split_at(length);
        match out.last_mut() {
            // Neighbours of plain text become one, to keep the page small.
            Some((Token::Plain, before)) if token == Token::Plain => {
                let start = text.len() - rest.len() - before.len();
                *before = text.get(start..start + before.len() + length).unwrap_or(before);
            }
            _ => out.push((token, taken)),
        }
        rest = left;
    }
    out
}

/// The first token of a text that is not empty: what it is and how many bytes it has (never zero).
fn next(rest: &str) -> (Token, usize) {
    let first = rest.chars().next().unwrap_or(' ');
    if rest.starts_with("--") {
        return (Token::Comment, rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return (Token::Comment, nested_comment(rest));
    }
    match first {
        '\'' => (Token::Text, quoted(rest, '\'')),
        '"' => (Token::Plain, quoted(rest, '"')),
        '$' => dollar(rest),
        c if c.is_ascii_digit() => {
            let end = |c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '_');
            (Token::Number, rest.find(end).unwrap_or(rest.len()))
        }
        c if c.is_alphabetic() || c == '_' => {
            let length = rest
                .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'))
                .unwrap_or(rest.len());
            let word = rest.get(..length).unwrap_or_default().to_ascii_lowercase();
            let token = match KEYWORDS.binary_search(&word.as_str()) {
                Ok(_) => Token::Keyword,
                Err(_) => Token::Plain,
            };
            (token, length)
        }
        c => (Token::Plain, c.len_utf8()),
    }
}

/// The length of a text quoted by `quote`; a doubled quote is part of it, an open end takes all.
fn quoted(rest: &str, quote: char) -> usize {
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == quote {
            match chars.peek() {
                Some((_, next)) if *next == quote => {
                    chars.next();
                }
                _ => return at + c.len_utf8(),
            }
        }
    }
    rest.len()
}

/// `$1` or `$tag$ … $tag$`.
fn dollar(rest: &str) -> (Token, usize) {
    let inner = rest.get(1..).unwrap_or_default();
    let digits = inner.find(|c: char| !c.is_ascii_digit()).unwrap_or(inner.len());
    if digits > 0 {
        return (Token::Number, 1 + digits);
    }
    let Some(tag_end) = inner.find(|c: char| !(c.is_alphanumeric() || c == '_')) else {
        return (Token::Plain, 1);
    };
    if !inner.get(tag_end..).unwrap_or_default().starts_with('$') {
        return (Token::Plain, 1);
    }
    let tag = rest.get(..tag_end + 2).unwrap_or(rest);
    let body = rest.get(tag.len()..).unwrap_or_default();
    (Token::Text, body.find(tag).map_or(rest.len(), |at| at + 2 * tag.len()))
}

/// The length of a comment, which nests in PostgreSQL.
fn nested_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(left) = rest.get(at..).filter(|left| !left.is_empty()) {
        if left.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if left.starts_with("*/") {
            depth = depth.saturating_sub(1);
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += left.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// The text with its tokens in spans.
pub fn highlighted(text: &str) -> Vec<AnyView> {
    tokens(text)
        .into_iter()
        .map(|(token, text)| {
            let class = match token {
                Token::Keyword => "t-key",
                Token::Text => "t-text",
                Token::Number => "t-num",
                Token::Comment => "t-com",
                Token::Plain => return text.to_owned().into_any(),
            };
            view! { <span class=class>{text.to_owned()}</span> }.into_any()
        })
        .collect()
}

/// A statement as a block; a long one is folded until opened.
#[component]
pub fn Statement(
    /// Its text.
    text: String,
) -> impl IntoView {
    let block = view! { <pre class="sql" tabindex="0"><code>{highlighted(&text)}</code></pre> };
    if text.len() <= FOLD_AFTER {
        return block.into_any();
    }
    let message = format!("The whole statement ({} characters)", text.chars().count());
    view! {
        <p class="sql one-line">{one_line(&text, 200)}</p>
        <details class="fold"><summary>{message}</summary>{block}</details>
    }
    .into_any()
}

/// The statement on one line, cut after `most` characters.
pub fn one_line(text: &str, most: usize) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.chars().count() > most {
            return line.chars().take(most).chain(['…']).collect();
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(token: Token, text: &str) -> Vec<&str> {
        tokens(text).into_iter().filter(|(t, _)| *t == token).map(|(_, text)| text).collect()
    }

    #[test]
    fn keywords_are_sorted_for_the_search() {
        assert!(KEYWORDS.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn marks_what_it_should() {
        let sql = "SELECT o.id, 'it''s' FROM orders o WHERE n > 10.5 AND id = $1 -- why\n;";
        assert_eq!(of(Token::Keyword, sql), ["SELECT", "FROM", "WHERE", "AND"]);
        assert_eq!(of(Token::Text, sql), ["'it''s'"]);
        assert_eq!(of(Token::Number, sql), ["10.5", "$1"]);
        assert_eq!(of(Token::Comment, sql), ["-- why"]);
    }

    #[test]
    fn comments_nest_and_dollar_quotes_hold_their_tag() {
        assert_eq!(of(Token::Comment, "/* a /* b */ c */ select"), ["/* a /* b */ c */"]);
        assert_eq!(of(Token::Text, "do $x$ select '$y$' $x$;"), ["$x$ select '$y$' $x$"]);
    }

    #[test]
    fn nothing_is_lost_in_hostile_text() {
        for text in [
            "'open",
            "$$",
            "$a",
            "$tag$ never closed",
            "/* /* */",
            "\"",
            "ü'ö''",
            "a$b",
            "<img src=x>",
            "\u{202e}select",
            "--",
            "",
        ] {
            let joined: String = tokens(text).into_iter().map(|(_, text)| text).collect();
            assert_eq!(joined, text);
        }
    }

    #[test]
    fn one_line_is_cut() {
        assert_eq!(one_line("select\n  1", 50), "select 1");
        assert_eq!(one_line("aaaa bbbb cccc", 6), "aaaa b…");
    }
}
