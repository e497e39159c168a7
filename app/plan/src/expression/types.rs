//! Reads names and types: `public.mood`, `timestamp(3) with time zone`, `numeric(10,2)[]`.

use super::parse::Reader;
use crate::query::lexer::{Token, TokenKind};

impl Reader<'_> {
    /// A name with its schema, as printed.
    pub(super) fn dotted(&mut self) -> Option<String> {
        let first = self.next().filter(|token| token.name().is_some())?;
        let mut text = first.text.to_owned();
        while self.peek(0).is_some_and(|next| next.is(".")) {
            self.next()?;
            text.push('.');
            text.push_str(self.next().filter(|token| token.name().is_some())?.text);
        }
        Some(text)
    }

    /// A type: several words, a modifier, an array of it.
    pub(super) fn type_name(&mut self) -> Option<String> {
        let mut text = self.dotted()?;
        let first = text.to_ascii_lowercase();
        let words: &[&str] = match first.as_str() {
            "character" | "bit" => &["varying"],
            "double" => &["precision"],
            "interval" => &["year", "month", "day", "hour", "minute", "second", "to"],
            _ => &[],
        };
        while let Some(word) = self.peek(0).filter(|next| words.iter().any(|word| next.is(word))) {
            self.next()?;
            text.push(' ');
            text.push_str(word.text);
        }
        if self.peek(0).is_some_and(|next| next.is("("))
            && self.peek(1).is_some_and(|next| next.kind == TokenKind::Number)
        {
            self.next()?;
            text.push('(');
            // Only numbers, up to the bracket: what is cut before it is no type.
            while !self.take(")") {
                let fits = |token: &&Token<'_>| {
                    token.kind == TokenKind::Number || [",", "-"].iter().any(|one| token.is(one))
                };
                text.push_str(self.next().filter(fits)?.text);
            }
            text.push(')');
        }
        if matches!(first.as_str(), "timestamp" | "time")
            && self.peek(1).is_some_and(|next| next.is("time"))
        {
            for _ in 0..3 {
                text.push(' ');
                text.push_str(self.next()?.text);
            }
        }
        while self.peek(0).is_some_and(|next| next.is("["))
            && self.peek(1).is_some_and(|next| next.is("]"))
        {
            self.at = self.at.saturating_add(2);
            text.push_str("[]");
        }
        Some(text)
    }
}
