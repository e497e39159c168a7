//! Tokens of SQL, as PostgreSQL's scanner cuts them: literals, dollar quotes, nested comments,
//! quoted identifiers. Nothing is lost: the tokens put together are the text.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A keyword or an unquoted identifier.
    Word,
    /// An identifier in double quotes.
    Quoted,
    /// A literal in single quotes or dollar quotes, its prefix included.
    Literal,
    /// A number.
    Number,
    /// `$1`.
    Parameter,
    /// `-- …` or `/* … */`.
    Comment,
    /// Blanks and line breaks.
    Space,
    /// Brackets, commas, dots, semicolons: one character each; and operators.
    Symbol,
}

/// A token and where it starts, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
    pub at: usize,
}

impl Token<'_> {
    /// The byte behind it.
    pub(crate) fn end(&self) -> usize {
        self.at.saturating_add(self.text.len())
    }

    /// Whether it is this keyword, which is given in lower case.
    pub(crate) fn is(&self, word: &str) -> bool {
        match self.kind {
            Kind::Word => self.text.eq_ignore_ascii_case(word),
            Kind::Symbol => self.text == word,
            _ => false,
        }
    }

    /// The identifier it stands for: folded to lower case, or unquoted.
    pub(crate) fn name(&self) -> Option<String> {
        match self.kind {
            Kind::Word => Some(self.text.to_lowercase()),
            Kind::Quoted => {
                let inner = self.text.strip_prefix('"').unwrap_or(self.text);
                let inner = inner.strip_suffix('"').unwrap_or(inner);
                Some(inner.replace("\"\"", "\""))
            }
            _ => None,
        }
    }
}

/// Cuts a text into its tokens.
pub(crate) fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
        let (kind, length) = first(rest);
        // At least one character, so that every text ends.
        let one = rest.chars().next().map_or(1, char::len_utf8);
        let token = Token { kind, text: rest.get(..length.max(one)).unwrap_or(rest), at };
        at = token.end();
        Some(token)
    })
}

/// The kind of the first token and its bytes.
fn first(rest: &str) -> (Kind, usize) {
    let mut chars = rest.chars();
    let (Some(c), second) = (chars.next(), chars.next()) else { return (Kind::Space, 0) };
    let run = |fits: &dyn Fn(char) -> bool| rest.find(|c| !fits(c)).unwrap_or(rest.len());
    let prefixed = |quote| second == Some(quote);
    match c {
        _ if c.is_whitespace() => (Kind::Space, run(&char::is_whitespace)),
        '-' if second == Some('-') => (Kind::Comment, rest.find('\n').unwrap_or(rest.len())),
        '/' if second == Some('*') => (Kind::Comment, comment(rest)),
        '\'' => (Kind::Literal, quoted(rest, 1, '\'', false)),
        '"' => (Kind::Quoted, quoted(rest, 1, '"', false)),
        'e' | 'E' if prefixed('\'') => (Kind::Literal, quoted(rest, 2, '\'', true)),
        'b' | 'B' | 'x' | 'X' | 'n' | 'N' if prefixed('\'') => {
            (Kind::Literal, quoted(rest, 2, '\'', false))
        }
        'u' | 'U' if rest.get(1..3) == Some("&'") => (Kind::Literal, quoted(rest, 3, '\'', false)),
        'u' | 'U' if rest.get(1..3) == Some("&\"") => (Kind::Quoted, quoted(rest, 3, '"', false)),
        '$' if second.is_some_and(|c| c.is_ascii_digit()) => {
            (Kind::Parameter, run(&|c: char| c == '$' || c.is_ascii_digit()))
        }
        '$' => dollar(rest).map_or((Kind::Symbol, 1), |length| (Kind::Literal, length)),
        _ if c.is_ascii_digit() || (c == '.' && second.is_some_and(|c| c.is_ascii_digit())) => {
            (Kind::Number, number(rest))
        }
        _ if c.is_alphabetic() || c == '_' || !c.is_ascii() => {
            let word = |c: char| {
                c.is_alphanumeric() || c == '_' || c == '$' || (!c.is_ascii() && !c.is_whitespace())
            };
            (Kind::Word, run(&word))
        }
        ':' if second == Some(':') => (Kind::Symbol, 2),
        _ if is_operator(c) => (Kind::Symbol, operator(rest)),
        _ => (Kind::Symbol, c.len_utf8()),
    }
}

fn is_operator(c: char) -> bool {
    "+-*/<>=~!@#%^&|`?".contains(c)
}

/// A run of operator characters; a comment ends it.
fn operator(rest: &str) -> usize {
    let end = rest.find(|c| !is_operator(c)).unwrap_or(rest.len());
    let run = rest.get(..end).unwrap_or(rest);
    let comment = ["--", "/*"].iter().filter_map(|mark| run.find(mark)).min();
    comment.filter(|at| *at > 0).unwrap_or(end)
}

/// Bytes up to the closing quote; a doubled one is part of the text.
fn quoted(rest: &str, from: usize, quote: char, escapes: bool) -> usize {
    let mut chars = rest.char_indices().skip_while(|(at, _)| *at < from).peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\\' && escapes {
            chars.next();
        } else if c == quote && chars.next_if(|(_, next)| *next == quote).is_none() {
            return at.saturating_add(1);
        }
    }
    rest.len()
}

/// Bytes of a comment with those nested in it.
fn comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut chars = rest.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        match (c, next) {
            ('/', Some('*')) => {
                chars.next();
                depth = depth.saturating_add(1);
            }
            ('*', Some('/')) => {
                chars.next();
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at.saturating_add(2);
                }
            }
            _ => {}
        }
    }
    rest.len()
}

/// Bytes of `$tag$ … $tag$`; `None` if it is none.
fn dollar(rest: &str) -> Option<usize> {
    let close = rest.get(1..)?.find('$')?.saturating_add(2);
    let tag = rest.get(..close)?;
    let name = tag.trim_matches('$');
    if !name.chars().all(|c| c.is_alphanumeric() || c == '_') {
        return None;
    }
    let body = rest.get(close..)?;
    Some(body.find(tag).map_or(rest.len(), |at| at.saturating_add(2 * close)))
}

/// Bytes of a number: digits, one point, an exponent, underscores, `0x`.
fn number(rest: &str) -> usize {
    let (mut end, mut before) = (0, ' ');
    for (at, c) in rest.char_indices() {
        let sign = (c == '+' || c == '-') && matches!(before, 'e' | 'E') && !rest.starts_with("0x");
        // `1..2` of a loop is no number with two points.
        let point = c == '.' && !rest.get(at..).is_some_and(|rest| rest.starts_with(".."));
        if !(c.is_ascii_alphanumeric() || c == '_' || point || sign) {
            break;
        }
        (end, before) = (at.saturating_add(1), c);
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<(Kind, &str)> {
        let all: Vec<_> = tokens(text).collect();
        assert_eq!(all.iter().map(|token| token.text).collect::<String>(), text);
        all.into_iter()
            .filter(|token| token.kind != Kind::Space)
            .map(|t| (t.kind, t.text))
            .collect()
    }

    #[test]
    fn quotes_comments_and_dollars_are_one_token() {
        use Kind::{Comment, Literal, Number, Parameter, Quoted, Symbol, Word};
        assert_eq!(
            cut("a.\"B \"\"c\"::text"),
            [(Word, "a"), (Symbol, "."), (Quoted, "\"B \"\"c\""), (Symbol, "::"), (Word, "text")]
        );
        assert_eq!(
            cut("'it''s' E'\\'x' U&'d' $$ a ' $$ $f$ $$ $f$ $1"),
            [
                (Literal, "'it''s'"),
                (Literal, "E'\\'x'"),
                (Literal, "U&'d'"),
                (Literal, "$$ a ' $$"),
                (Literal, "$f$ $$ $f$"),
                (Parameter, "$1")
            ]
        );
        assert_eq!(
            cut("a--b\n/*c/*d*/e*/1.5e-3<>-1"),
            [
                (Word, "a"),
                (Comment, "--b"),
                (Comment, "/*c/*d*/e*/"),
                (Number, "1.5e-3"),
                (Symbol, "<>-"),
                (Number, "1")
            ]
        );
        assert_eq!(cut("'open"), [(Literal, "'open")]);
        assert_eq!(cut("$tag a"), [(Symbol, "$"), (Word, "tag"), (Word, "a")]);
    }
}
