//! SQL lexer: cuts a text into tokens with byte spans, as PostgreSQL's scanner (`scan.l`) does.
//!
//! Knows `E''` and Unicode strings, dollar quotes, nested comments, numbers, `$1` parameters and
//! quoted identifiers; no key words and no grammar. Works on any text, also one that is cut
//! anywhere: what is not closed reaches to the end. The tokens put together are the text, so it
//! serves syntax highlighting. Linear in time, never panics.

use std::ops::Range;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// A key word or an unquoted identifier.
    Word,
    /// An identifier in double quotes, `U&` included.
    QuotedIdentifier,
    /// A string constant in single quotes or dollar quotes, its prefix included: `E'…'`, `$tag$…$tag$`.
    String,
    /// A number: `1.5e-3`, `0x1F`, `1_000`.
    Number,
    /// A parameter: `$1`.
    Parameter,
    /// `-- …` to the end of the line, or `/* … */` with comments nested in it.
    Comment,
    /// Blanks and line breaks.
    Whitespace,
    /// An operator: `=`, `<>`, `->>`, `::`.
    Operator,
    /// A single character that is none of these: brackets, comma, dot, semicolon.
    Punctuation,
}

/// A token and where it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: TokenKind,
    /// Its text; never empty.
    pub text: &'a str,
    /// Its first byte in the text that was cut.
    pub start: usize,
}

impl Token<'_> {
    /// The byte behind it.
    pub fn end(&self) -> usize {
        self.start.saturating_add(self.text.len())
    }

    /// Its bytes in the text that was cut.
    pub fn span(&self) -> Range<usize> {
        self.start..self.end()
    }

    /// Whether it is this key word, given in lower case, or this operator or punctuation.
    pub fn is(&self, word: &str) -> bool {
        match self.kind {
            TokenKind::Word => self.text.eq_ignore_ascii_case(word),
            TokenKind::Operator | TokenKind::Punctuation => self.text == word,
            _ => false,
        }
    }

    /// Whether it is an operator or punctuation.
    pub fn is_symbol(&self) -> bool {
        matches!(self.kind, TokenKind::Operator | TokenKind::Punctuation)
    }

    /// The identifier it stands for: folded to lower case, or without its quotes.
    pub fn name(&self) -> Option<String> {
        match self.kind {
            TokenKind::Word => Some(self.text.to_lowercase()),
            TokenKind::QuotedIdentifier => {
                let inner = self.text.strip_prefix('"').unwrap_or(self.text);
                let inner = inner.strip_suffix('"').unwrap_or(inner);
                Some(inner.replace("\"\"", "\""))
            }
            _ => None,
        }
    }
}

/// Cuts a text into its tokens.
pub fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let rest = text.get(start..).filter(|rest| !rest.is_empty())?;
        let (kind, length) = first(rest);
        // At least one character, so that every text ends.
        let one = rest.chars().next().map_or(1, char::len_utf8);
        let token = Token { kind, text: rest.get(..length.max(one)).unwrap_or(rest), start };
        start = token.end();
        Some(token)
    })
}

/// The kind of the first token and its bytes.
fn first(rest: &str) -> (TokenKind, usize) {
    use TokenKind as Kind;
    let mut chars = rest.chars();
    let (Some(c), second) = (chars.next(), chars.next()) else { return (Kind::Whitespace, 0) };
    let run = |fits: &dyn Fn(char) -> bool| rest.find(|c| !fits(c)).unwrap_or(rest.len());
    let prefixed = |quote| second == Some(quote);
    match c {
        _ if c.is_whitespace() => (Kind::Whitespace, run(&char::is_whitespace)),
        '-' if second == Some('-') => {
            (Kind::Comment, rest.find(['\n', '\r']).unwrap_or(rest.len()))
        }
        '/' if second == Some('*') => (Kind::Comment, comment(rest)),
        '\'' => (Kind::String, quoted(rest, 1, '\'', false)),
        '"' => (Kind::QuotedIdentifier, quoted(rest, 1, '"', false)),
        'e' | 'E' if prefixed('\'') => (Kind::String, quoted(rest, 2, '\'', true)),
        'b' | 'B' | 'x' | 'X' | 'n' | 'N' if prefixed('\'') => {
            (Kind::String, quoted(rest, 2, '\'', false))
        }
        'u' | 'U' if rest.get(1..3) == Some("&'") => (Kind::String, quoted(rest, 3, '\'', false)),
        'u' | 'U' if rest.get(1..3) == Some("&\"") => {
            (Kind::QuotedIdentifier, quoted(rest, 3, '"', false))
        }
        '$' if second.is_some_and(|c| c.is_ascii_digit()) => {
            let digits = rest.get(1..).and_then(|rest| rest.find(|c: char| !c.is_ascii_digit()));
            (Kind::Parameter, digits.map_or(rest.len(), |digits| digits.saturating_add(1)))
        }
        '$' => dollar(rest).map_or((Kind::Punctuation, 1), |length| (Kind::String, length)),
        _ if c.is_ascii_digit() || (c == '.' && second.is_some_and(|c| c.is_ascii_digit())) => {
            (Kind::Number, number(rest))
        }
        _ if c.is_alphabetic() || c == '_' || !c.is_ascii() => {
            let word = |c: char| {
                c.is_alphanumeric() || c == '_' || c == '$' || (!c.is_ascii() && !c.is_whitespace())
            };
            (Kind::Word, run(&word))
        }
        ':' if matches!(second, Some(':' | '=')) => (Kind::Operator, 2),
        _ if is_operator(c) => (Kind::Operator, operator(rest)),
        _ => (Kind::Punctuation, c.len_utf8()),
    }
}

fn is_operator(c: char) -> bool {
    "+-*/<>=~!@#%^&|`?".contains(c)
}

/// A run of operator characters; a comment ends it. Only an operator with one of `~!@#%^&|` and the
/// like may end in a sign: `a<>-1` compares with minus one.
fn operator(rest: &str) -> usize {
    let end = rest.find(|c| !is_operator(c)).unwrap_or(rest.len());
    let run = rest.get(..end).unwrap_or(rest);
    let comment = ["--", "/*"].iter().filter_map(|mark| run.find(mark)).min();
    let run = comment.filter(|at| *at > 0).and_then(|at| run.get(..at)).unwrap_or(run);
    if run.contains(|c| "~!@#%^&|`?".contains(c)) {
        return run.len();
    }
    // Of signs alone the first one is the operator.
    run.trim_end_matches(['+', '-']).len().max(1)
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
