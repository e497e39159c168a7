//! SQL lexer: tokens and byte spans as PostgreSQL's scanner gives them, on any prefix of any text.

use plan::query::lexer::TokenKind::{
    self, Comment, Number, Operator, Parameter, Punctuation, QuotedIdentifier, String as Text,
    Whitespace, Word,
};
use plan::query::lexer::tokens;

fn cut(text: &str) -> Vec<(TokenKind, &str)> {
    let mut end = 0;
    for token in tokens(text) {
        assert_eq!((token.start, text.get(token.span())), (end, Some(token.text)), "{text:?}");
        assert!(!token.text.is_empty(), "{text:?}");
        end = token.end();
    }
    assert_eq!(end, text.len(), "{text:?}");
    let solid = tokens(text).filter(|token| token.kind != Whitespace);
    solid.map(|token| (token.kind, token.text)).collect()
}

#[test]
fn quotes_comments_and_dollars_are_one_token() {
    assert_eq!(
        cut("a.\"B \"\"c\"::text"),
        [
            (Word, "a"),
            (Punctuation, "."),
            (QuotedIdentifier, "\"B \"\"c\""),
            (Operator, "::"),
            (Word, "text")
        ]
    );
    assert_eq!(
        cut("'it''s' E'\\'x' U&'d' $$ a ' $$ $f$ $$ $f$ $1"),
        [
            (Text, "'it''s'"),
            (Text, "E'\\'x'"),
            (Text, "U&'d'"),
            (Text, "$$ a ' $$"),
            (Text, "$f$ $$ $f$"),
            (Parameter, "$1")
        ]
    );
    assert_eq!(
        cut("a--b\n/*c/*d*/e*/1.5e-3"),
        [(Word, "a"), (Comment, "--b"), (Comment, "/*c/*d*/e*/"), (Number, "1.5e-3")]
    );
    assert_eq!(cut("'open"), [(Text, "'open")]);
    assert_eq!(cut("$tag a"), [(Punctuation, "$"), (Word, "tag"), (Word, "a")]);
    assert_eq!(
        cut("x'1F' U&\"d\" a$b"),
        [(Text, "x'1F'"), (QuotedIdentifier, "U&\"d\""), (Word, "a$b")]
    );
    assert_eq!(cut("E'it\\'s' from t"), [(Text, "E'it\\'s'"), (Word, "from"), (Word, "t")]);
}

#[test]
fn operators_end_where_postgresql_ends_them() {
    assert_eq!(cut("a<>-1"), [(Word, "a"), (Operator, "<>"), (Operator, "-"), (Number, "1")]);
    assert_eq!(cut("a@-b"), [(Word, "a"), (Operator, "@-"), (Word, "b")]);
    assert_eq!(cut("j->>'a'"), [(Word, "j"), (Operator, "->>"), (Text, "'a'")]);
    assert_eq!(
        cut("a*/*b*/-2"),
        [(Word, "a"), (Operator, "*"), (Comment, "/*b*/"), (Operator, "-"), (Number, "2")]
    );
    assert_eq!(
        cut("f(a:=$12);"),
        [
            (Word, "f"),
            (Punctuation, "("),
            (Word, "a"),
            (Operator, ":="),
            (Parameter, "$12"),
            (Punctuation, ")"),
            (Punctuation, ";")
        ]
    );
}

#[test]
fn every_prefix_of_a_text_is_cut_without_loss() {
    let hostile = "e'\\'ä' || U&\"ö\" $ü$ 'x' $ü$ /* a /* b */ */ -- c\r\n$1$2 1.5e+3..0x1F \u{a0}\u{202e}:=::*/'";
    for text in [hostile, "select $a$b$c$ from \"x\"\"", "/* /* */", "$$", "$a$ a", "\0'\\"] {
        for end in (0..=text.len()).filter(|end| text.is_char_boundary(*end)) {
            cut(&text[..end]);
            cut(&text[end..]);
        }
    }
}
