//! Lines of a statement: a clause begins a line. Nothing but white space is changed.

use plan::query::lexer::{Token, TokenKind, tokens};

/// Words that begin a line.
const CLAUSES: [&str; 20] = [
    "select",
    "from",
    "where",
    "group",
    "having",
    "order",
    "limit",
    "offset",
    "union",
    "intersect",
    "except",
    "values",
    "set",
    "returning",
    "window",
    "join",
    "left",
    "right",
    "full",
    "cross",
];
/// Words before which `join` does not begin a line.
const BEFORE_JOIN: [&str; 6] = ["left", "right", "full", "inner", "outer", "cross"];
/// Characters below which a statement stays on its line.
const SHORT: usize = 60;

/// The statement with a line for each clause, deeper in parentheses. One that has lines already, or is short,
/// stays as it is.
pub fn lines(text: &str) -> String {
    if text.contains('\n') || text.chars().count() <= SHORT {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 64);
    let (mut depth, mut space, mut before) = (0_usize, false, String::new());
    for token in tokens(text) {
        let word = &text[token.span()];
        if token.kind == TokenKind::Whitespace {
            space = true;
            continue;
        }
        if begins(&token, word, &before) && !out.is_empty() {
            out.push('\n');
            out.push_str(&"  ".repeat(depth));
        } else if space && !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
        depth = match word {
            "(" => depth + 1,
            ")" => depth.saturating_sub(1),
            _ => depth,
        };
        space = false;
        before = word.to_ascii_lowercase();
    }
    out
}

fn begins(token: &Token<'_>, word: &str, before: &str) -> bool {
    if token.kind != TokenKind::Word || before == "(" || before == "." {
        return false;
    }
    let word = word.to_ascii_lowercase();
    match word.as_str() {
        "join" => !BEFORE_JOIN.contains(&before),
        // `is distinct from`, `extract(… from …)` and functions of these names stay.
        "from" => before != "distinct",
        "set" => before != "character",
        "select" => before != "as" || token.kind == TokenKind::Word,
        word => CLAUSES.contains(&word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clause_begins_a_line_and_nothing_else_changes() {
        let text = "select o.id, count(*) from orders o left join items i on i.order_id = o.id where o.id in (select id from recent where day = $1) group by o.id order by 2 desc";
        let laid_out = lines(text);
        let expected = "select o.id, count(*)\nfrom orders o\nleft join items i on i.order_id = o.id\nwhere o.id in (select id\n  from recent\n  where day = $1)\ngroup by o.id\norder by 2 desc";
        assert_eq!(laid_out, expected);
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        for text in [
            text,
            "select 'a  from   b', \"x  y\", $q$ from  $q$, 1 as where_is from t where \u{e9} = 'ü' and t.set = 4",
        ] {
            assert_eq!(words(&lines(text)), words(text));
        }
        assert_eq!(lines("select 1 from t"), "select 1 from t");
    }
}
