//! The substitutes for identifiers and literals, and their replacement in expressions and
//! statements.

use std::collections::HashMap;

use super::keep;
use crate::query::lexer::{Token, TokenKind, tokens};

/// What a name names: the first letter of its replacement.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Class {
    Schema,
    Relation,
    Alias,
    Index,
    Column,
    Function,
    Type,
    Constraint,
    Setting,
    Literal,
    Number,
}

impl Class {
    fn letter(self) -> &'static str {
        match self {
            Self::Schema => "schema_",
            Self::Relation => "t",
            Self::Alias => "a",
            Self::Index => "i",
            Self::Column => "c",
            Self::Function => "f",
            Self::Type => "type_",
            Self::Constraint => "k",
            Self::Setting => "setting_",
            Self::Literal => "l",
            Self::Number => "",
        }
    }
}

/// The replacements so far.
#[derive(Default)]
pub(super) struct Names {
    names: HashMap<String, String>,
    literals: HashMap<String, String>,
    counts: HashMap<Class, usize>,
    functions: HashMap<String, bool>,
}

impl Names {
    /// The word for a name; whatever it names, the same name is the same word.
    pub(super) fn name(&mut self, name: &str, class: Class) -> String {
        if keep::is_own_name(name)
            || name.is_empty()
            || self.is_function(name) && class == Class::Function
        {
            return name.to_owned();
        }
        if let Some(known) = self.names.get(name) {
            return known.clone();
        }
        let word = self.next(class);
        self.names.insert(name.to_owned(), word.clone());
        word
    }

    fn next(&mut self, class: Class) -> String {
        let count = self.counts.entry(class).or_default();
        *count = count.saturating_add(1);
        format!("{}{count}", class.letter())
    }

    fn is_function(&mut self, name: &str) -> bool {
        if let Some(known) = self.functions.get(name) {
            return *known;
        }
        let own = keep::is_function(name);
        self.functions.insert(name.to_owned(), own);
        own
    }

    fn literal(&mut self, text: &str) -> String {
        if let Some(known) = self.literals.get(text) {
            return known.clone();
        }
        let number = text.starts_with(|c: char| c.is_ascii_digit() || c == '.');
        let word = if number {
            self.next(Class::Number)
        } else {
            format!("'{}'", self.next(Class::Literal))
        };
        self.literals.insert(text.to_owned(), word.clone());
        word
    }

    /// An expression as PostgreSQL prints it in a plan: its keywords are in capitals.
    pub(super) fn expression(&mut self, text: &str) -> String {
        self.replaced(text, keep::is_printed_keyword)
    }

    /// A statement as somebody wrote it.
    pub(super) fn query(&mut self, text: &str) -> String {
        self.replaced(text, keep::is_keyword)
    }

    fn replaced(&mut self, text: &str, is_keyword: fn(&str) -> bool) -> String {
        let all: Vec<Token<'_>> =
            tokens(text).filter(|token| token.kind != TokenKind::Comment).collect();
        let mut out = String::with_capacity(text.len());
        let solid = |token: &&Token<'_>| token.kind != TokenKind::Whitespace;
        let (mut before, mut typed) = ("", false);
        for (at, token) in all.iter().enumerate() {
            let next =
                all.iter().skip(at.saturating_add(1)).find(solid).map_or("", |next| next.text);
            // `double precision`, `timestamp with time zone`, `character varying(10)`.
            typed = (typed && (!token.is_symbol() || token.is("."))) || token.is("::");
            match token.kind {
                TokenKind::Word | TokenKind::QuotedIdentifier => {
                    let word = self.word(token, before, next, typed, is_keyword);
                    typed &= keep::is_type(token.text) || next == ".";
                    out.push_str(&word);
                }
                TokenKind::Number if !["SubPlan", "InitPlan"].contains(&before) => {
                    out.push_str(&self.literal(token.text));
                }
                TokenKind::String => out.push_str(&self.literal(token.text)),
                _ => out.push_str(token.text),
            }
            if token.kind != TokenKind::Whitespace {
                before = token.text;
            }
        }
        out
    }

    fn word(
        &mut self,
        token: &Token<'_>,
        before: &str,
        next: &str,
        typed: bool,
        is_keyword: fn(&str) -> bool,
    ) -> String {
        let name = token.name().unwrap_or_default();
        let plain = token.kind == TokenKind::Word;
        let dotted = before == "." || next == ".";
        if plain && !dotted && is_keyword(token.text) {
            return token.text.to_owned();
        }
        // `InitPlan expr_1`, PostgreSQL's own numbering from 19 on.
        if plain && ["SubPlan", "InitPlan"].contains(&before) {
            return token.text.to_owned();
        }
        // `col1` of an InitPlan's row, and `.*`.
        if plain && before == "." && is_column_number(token.text) {
            return token.text.to_owned();
        }
        if typed && plain && keep::is_type(&name) {
            return token.text.to_owned();
        }
        if plain && next == "(" && before != "." && self.is_function(&name) {
            return token.text.to_owned();
        }
        // `integer 'x'`, `cast(a as integer)` in a statement.
        if plain
            && !dotted
            && (before.eq_ignore_ascii_case("as") || next.starts_with('\''))
            && keep::is_type(&name)
        {
            return token.text.to_owned();
        }
        if keep::is_own_name(&name) {
            return token.text.to_owned();
        }
        let class = match (next, before) {
            _ if typed => Class::Type,
            ("(", _) => Class::Function,
            (".", _) => Class::Alias,
            _ => Class::Column,
        };
        self.name(&name, class)
    }

    /// The name of a setting: PostgreSQL's own are kept, those of extensions hold a dot.
    pub(super) fn setting(&mut self, name: &str) -> String {
        if name.contains('.') { self.name(name, Class::Setting) } else { name.to_owned() }
    }

    /// The value of a setting: numbers with units and plain words are kept where they tell nothing.
    pub(super) fn setting_value(&mut self, setting: &str, value: &str) -> String {
        let own = !setting.contains('.') && !keep::is_telling_setting(setting);
        let simple = value.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c));
        if own && simple && value.len() <= 32 {
            return value.to_owned();
        }
        self.literal(&format!("'{value}'")).trim_matches('\'').to_owned()
    }
}

/// `col1`, `col2` …
fn is_column_number(text: &str) -> bool {
    text.strip_prefix("col")
        .is_some_and(|digits| !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit()))
}
