//! SQL syntax highlighting, by the lexer of `plan::query`; every character of the text is shown as it is.

use leptos::prelude::*;
use plan::query::lexer::{self, TokenKind};

/// The highlighting class of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// A keyword.
    Keyword,
    /// A quoted string, also dollar-quoted.
    Text,
    /// A number or a parameter such as `$1`.
    Number,
    /// A comment.
    Comment,
    /// Anything else.
    Plain,
}

/// Statements longer than this are collapsed, bytes.
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

/// Splits `text` into tokens for highlighting; concatenated they are `text` again. Adjacent plain
/// tokens are merged to keep the page small.
pub fn tokens(text: &str) -> Vec<(Token, &str)> {
    let mut stretches: Vec<(Token, usize, usize)> = Vec::new();
    for token in lexer::tokens(text) {
        let colour = colour(&token);
        match stretches.last_mut() {
            Some((Token::Plain, _, end)) if colour == Token::Plain => *end = token.end(),
            _ => stretches.push((colour, token.start, token.end())),
        }
    }
    let texts = stretches.into_iter();
    texts.filter_map(|(colour, start, end)| Some((colour, text.get(start..end)?))).collect()
}

fn colour(token: &lexer::Token<'_>) -> Token {
    match token.kind {
        TokenKind::String => Token::Text,
        TokenKind::Number | TokenKind::Parameter => Token::Number,
        TokenKind::Comment => Token::Comment,
        TokenKind::Word => {
            match KEYWORDS.binary_search(&token.text.to_ascii_lowercase().as_str()) {
                Ok(_) => Token::Keyword,
                Err(_) => Token::Plain,
            }
        }
        _ => Token::Plain,
    }
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

/// A statement as a block; a long one is collapsed.
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

/// The statement on one line, truncated after `most` characters.
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
    fn an_escaped_quote_does_not_end_an_escape_string() {
        assert_eq!(of(Token::Text, r"select E'it\'s', 1"), [r"E'it\'s'"]);
        assert_eq!(of(Token::Number, r"select E'it\'s', 1"), ["1"]);
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
