//! Reads an expression from its tokens: operator precedence with a stack, without recursion.

use super::stack::{Frame, Stack, Waiting, power};
use super::{Expression, Part};
use crate::query::lexer::{Token, TokenKind, tokens};

/// Functions that are written without brackets.
const WITHOUT_BRACKETS: [&str; 12] = [
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "localtime",
    "localtimestamp",
    "session_user",
    "system_user",
    "user",
];
/// Words between arguments of functions with a syntax of their own: `extract(year FROM at)`.
const BETWEEN_ARGUMENTS: [&str; 4] = ["from", "for", "placing", "in"];
/// Words in an argument that say nothing about what it is made of.
const ABOUT_ARGUMENTS: [&str; 10] = [
    "distinct", "variadic", "leading", "trailing", "both", "asc", "desc", "nulls", "first", "last",
];

/// Whether a function is written without brackets.
pub(super) fn is_without_brackets(name: &str) -> bool {
    WITHOUT_BRACKETS.contains(&name)
}

/// Reads an expression as EXPLAIN prints it; `None` if it is cut or not understood.
pub fn read(text: &str) -> Option<Expression> {
    let tokens: Vec<Token<'_>> = tokens(text)
        .filter(|token| !matches!(token.kind, TokenKind::Whitespace | TokenKind::Comment))
        .collect();
    if tokens.last().is_some_and(is_cut) {
        return None;
    }
    let mut reader = Reader { tokens: &tokens, at: 0, stack: Stack::default() };
    while reader.at < tokens.len() {
        if reader.stack.operand.is_some() { reader.behind()? } else { reader.operand()? }
    }
    let root = reader.stack.end()?;
    let mut parts = reader.stack.parts;
    parts.truncate(root.saturating_add(1));
    Some(Expression { parts })
}

/// Whether a literal or a quoted name lacks its end: then it takes in whatever follows.
fn is_cut(last: &Token<'_>) -> bool {
    let quoted = matches!(last.kind, TokenKind::String | TokenKind::QuotedIdentifier);
    let longer = format!("{} ", last.text);
    quoted && tokens(&longer).next().is_some_and(|token| token.text.len() == longer.len())
}

/// The tokens and how far they are read.
pub(super) struct Reader<'a> {
    tokens: &'a [Token<'a>],
    pub(super) at: usize,
    stack: Stack,
}

impl<'a> Reader<'a> {
    pub(super) fn peek(&self, ahead: usize) -> Option<&'a Token<'a>> {
        self.tokens.get(self.at.saturating_add(ahead))
    }

    pub(super) fn next(&mut self) -> Option<&'a Token<'a>> {
        let token = self.peek(0)?;
        self.at = self.at.saturating_add(1);
        Some(token)
    }

    /// Takes the next token if it is this word or symbol.
    pub(super) fn take(&mut self, what: &str) -> bool {
        let there = self.peek(0).is_some_and(|token| token.is(what));
        self.at = self.at.saturating_add(usize::from(there));
        there
    }

    fn take_one_of(&mut self, words: &[&str]) -> bool {
        words.iter().any(|word| self.take(word))
    }

    fn in_call(&self) -> bool {
        matches!(self.stack.frame(), Some(Frame::Call(_)))
    }

    /// Where a constant, a column or a bracket has to come.
    fn operand(&mut self) -> Option<()> {
        if self.in_call() && self.take_one_of(&ABOUT_ARGUMENTS) {
            return Some(());
        }
        let token = self.next()?;
        match token.kind {
            TokenKind::String | TokenKind::Number => self.stack.set(constant(token)),
            TokenKind::Parameter => self.stack.set(Part::Parameter(token.text.to_owned())),
            TokenKind::Punctuation | TokenKind::Operator => return self.symbol(token),
            TokenKind::Word => return self.word(token),
            TokenKind::QuotedIdentifier => return self.names(token),
            TokenKind::Comment | TokenKind::Whitespace => return None,
        }
        Some(())
    }

    fn symbol(&mut self, token: &Token<'_>) -> Option<()> {
        match token.text {
            "(" => self.stack.open(Frame::Bracket),
            "[" if matches!(self.stack.frame(), Some(Frame::Array)) => {
                self.stack.open(Frame::Array);
            }
            ")" if self.in_call() && self.stack.is_first() => {
                return self.stack.close(|frame| matches!(frame, Frame::Call(_)));
            }
            "*" => self.stack.set(Part::Column { relation: None, name: "*".into() }),
            "+" | "-" => self.stack.push(Waiting::Prefix(token.text.into()), power::SIGN),
            "::" => return None,
            name if token.kind == TokenKind::Operator => {
                self.stack.push(Waiting::Prefix(name.into()), power::OTHER);
            }
            _ => return None,
        }
        Some(())
    }

    fn word(&mut self, token: &'a Token<'a>) -> Option<()> {
        let lower = token.text.to_ascii_lowercase();
        let opens = self.peek(0).is_some_and(|next| next.is("("));
        match lower.as_str() {
            "not" => self.stack.push(Waiting::Not, power::NOT),
            "null" | "true" | "false" | "default" => self.stack.set(constant(token)),
            "case" => self.stack.open(Frame::Case),
            "when" if self.stack.frame() == Some(&Frame::Case) => {}
            "array" if self.take("[") => self.stack.open(Frame::Array),
            "row" if self.take("(") => self.stack.open(Frame::Row),
            "subplan" | "initplan" => return self.sub_plan(token, false),
            "hashed" | "rescan" if self.peek(0).is_some_and(is_sub_plan) => {
                let plan = self.next()?;
                return self.sub_plan(plan, lower == "hashed");
            }
            "alternatives" if self.take(":") => {}
            "select" | "with" | "between" => return None,
            name if !opens && WITHOUT_BRACKETS.contains(&name) => {
                self.stack.set(Part::Call { name: lower, arguments: vec![] });
            }
            // `extract(year from at)`: the field is no column.
            _ if self.in_call() && self.peek(0).is_some_and(|next| next.is("from")) => {
                self.stack.set(constant(token));
            }
            _ if self.peek(0).is_some_and(|next| next.kind == TokenKind::String) => {
                let of = self.next().map(constant)?;
                let of = self.stack.add(of);
                self.stack.set(Part::Cast { of, to: token.text.into() });
            }
            _ => return self.names(token),
        }
        Some(())
    }

    /// `SubPlan 1`, `InitPlan minmax_1`; of alternatives the first one.
    fn sub_plan(&mut self, word: &Token<'_>, hashed: bool) -> Option<()> {
        let name = self.next()?;
        if !matches!(name.kind, TokenKind::Number | TokenKind::Word | TokenKind::QuotedIdentifier) {
            return None;
        }
        while self.take("or") {
            self.take("hashed");
            self.at = self.at.saturating_add(2);
        }
        self.stack.set(Part::SubPlan { name: format!("{} {}", word.text, name.text), hashed });
        Some(())
    }

    /// A column, or the name of a function.
    fn names(&mut self, first: &Token<'_>) -> Option<()> {
        let (mut before, mut name, mut printed) = (vec![], first.name()?, as_printed(first));
        while self.take(".") {
            let next = self.next()?;
            printed = format!("{printed}.{}", as_printed(next));
            let next = if next.is("*") { "*".to_owned() } else { next.name()? };
            before.push(std::mem::replace(&mut name, next));
        }
        if self.take("(") {
            self.stack.open(Frame::Call(printed));
        } else {
            let relation = (!before.is_empty()).then(|| before.join("."));
            self.stack.set(Part::Column { relation, name });
        }
        Some(())
    }

    /// What may follow an operand.
    fn behind(&mut self) -> Option<()> {
        let token = self.next()?;
        match token.text {
            ")" => self
                .stack
                .close(|frame| matches!(frame, Frame::Bracket | Frame::Row | Frame::Call(_))),
            "]" => self.stack.close(|frame| matches!(frame, Frame::Array | Frame::Subscript(_))),
            "," => self.stack.comma(),
            ":" if matches!(self.stack.frame(), Some(Frame::Subscript(_))) => self.stack.comma(),
            "[" => {
                let of = self.stack.operand.take()?;
                self.stack.open(Frame::Subscript(of));
                Some(())
            }
            "." => {
                let (of, next) = (self.stack.operand.take()?, self.next()?);
                let name = if next.is("*") { "*".into() } else { next.name()? };
                self.stack.set(Part::Field { of, name });
                Some(())
            }
            "::" => {
                let of = self.stack.operand.take()?;
                let to = self.type_name()?;
                self.stack.set(Part::Cast { of, to });
                Some(())
            }
            // `name => value`: the name is none of the arguments.
            "=>" => self.stack.operand.take().map(|_| ()),
            operator if token.kind == TokenKind::Operator => self.infix(operator.to_owned()),
            _ if token.kind == TokenKind::Word => self.key_word(token),
            _ => None,
        }
    }

    fn infix(&mut self, operator: String) -> Option<()> {
        let power = match operator.as_str() {
            "=" | "<" | ">" | "<=" | ">=" | "<>" | "!=" => power::COMPARISON,
            "+" | "-" => power::SUM,
            "*" | "/" | "%" => power::PRODUCT,
            "^" => power::POWER,
            _ => power::OTHER,
        };
        let left = self.stack.reduce(power)?;
        let quantified = self.peek(1).is_some_and(|next| next.is("("));
        let all = quantified && self.take("all");
        if all || (quantified && self.take_one_of(&["any", "some"])) {
            self.stack.push(Waiting::AnyAll { operator, left, all }, power);
        } else {
            self.stack.push(Waiting::Infix(operator, left), power);
        }
        Some(())
    }

    fn key_word(&mut self, token: &Token<'_>) -> Option<()> {
        let lower = token.text.to_ascii_lowercase();
        let in_case = self.stack.frame() == Some(&Frame::Case);
        match lower.as_str() {
            "and" => {
                let left = self.stack.reduce(power::AND)?;
                self.stack.push(Waiting::And(left), power::AND);
            }
            "or" => {
                let left = self.stack.reduce(power::OR)?;
                self.stack.push(Waiting::Or(left), power::OR);
            }
            "is" => return self.test(),
            "at" if self.take("time") && self.take("zone") => {
                let left = self.stack.reduce(power::AT)?;
                self.stack.push(Waiting::Infix("at time zone".into(), left), power::AT);
            }
            "overlaps" => return self.infix(lower),
            "collate" => {
                let of = self.stack.operand.take()?;
                let name = self.dotted()?;
                self.stack.set(Part::Collate { of, name });
            }
            "operator" if self.take("(") => {
                let mut name = String::new();
                while let Some(token) = self.next().filter(|token| !token.is(")")) {
                    name.push_str(token.text);
                }
                return self.infix(format!("operator({name})"));
            }
            "when" | "then" | "else" if in_case => return self.stack.comma(),
            "end" if in_case => return self.stack.close(|frame| *frame == Frame::Case),
            "order" if self.in_call() && self.take("by") => return self.stack.comma(),
            word if self.in_call() && BETWEEN_ARGUMENTS.contains(&word) => {
                return self.stack.comma();
            }
            word if self.in_call() && ABOUT_ARGUMENTS.contains(&word) => {}
            _ => return None,
        }
        Some(())
    }

    /// What stands behind IS.
    fn test(&mut self) -> Option<()> {
        let not = if self.take("not") { "NOT " } else { "" };
        if self.take("distinct") && self.take("from") {
            return self.infix(format!("is {}distinct from", not.to_lowercase()));
        }
        let word = self.next()?.text.to_ascii_uppercase();
        if !["NULL", "TRUE", "FALSE", "UNKNOWN", "DOCUMENT", "NORMALIZED"].contains(&word.as_str())
        {
            return None;
        }
        let of = self.stack.reduce(power::IS)?;
        self.stack.set(Part::Test { of, what: format!("{not}{word}") });
        Some(())
    }
}

/// A name as SQL: folded to lower case unless it is quoted.
fn as_printed(token: &Token<'_>) -> String {
    let quoted = token.kind == TokenKind::QuotedIdentifier;
    if quoted { token.text.to_owned() } else { token.text.to_lowercase() }
}

fn is_sub_plan(token: &Token<'_>) -> bool {
    token.is("subplan") || token.is("initplan")
}

fn constant(token: &Token<'_>) -> Part {
    Part::Constant(token.text.to_owned())
}
