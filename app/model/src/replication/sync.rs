//! Synchronous replication: what `synchronous_standby_names` requires, and who is there.

use serde::{Deserialize, Serialize};

use super::sender::Sender;

/// Sessions that wait for a synchronous standby to confirm their commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
pub struct SyncWaits {
    /// How many wait (wait event `SyncRep`).
    pub waiting: i64,
    /// The time since their statements began, together, seconds: they wait no longer than that.
    pub waited_s: f64,
    /// Sessions whose wait event our role may not see.
    pub hidden: i64,
}

/// What `synchronous_standby_names` requires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Required {
    /// How many of them must confirm.
    pub count: usize,
    /// Whether any of them may (`ANY`); otherwise the first in the list that are there.
    pub any: bool,
    /// Names as they are compared with application_name; `*` is everybody.
    pub names: Vec<String>,
}

impl Required {
    /// Reads the setting; None when it is empty, or not in its grammar.
    pub fn parse(setting: &str) -> Option<Self> {
        let tokens = tokens(setting)?;
        let (any, rest) = match tokens.as_slice() {
            [Token::Word(word), rest @ ..] if word.eq_ignore_ascii_case("any") && counted(rest) => {
                (true, rest)
            }
            [Token::Word(word), rest @ ..]
                if word.eq_ignore_ascii_case("first") && counted(rest) =>
            {
                (false, rest)
            }
            all => (false, all),
        };
        let (count, list) = match rest {
            [Token::Word(count), Token::Sign('('), list @ .., Token::Sign(')')] => {
                (count.parse().ok()?, list)
            }
            list => (1, list),
        };
        let names = list.iter().filter_map(|token| match token {
            Token::Word(name) | Token::Quoted(name) => Some(name.clone()),
            Token::Sign(_) => None,
        });
        let names: Vec<String> = names.collect();
        (!names.is_empty()).then_some(Self { count, any, names })
    }

    /// How many of the walsenders can confirm: they stream and are named.
    pub fn present(&self, senders: &[Sender]) -> usize {
        senders.iter().filter(|sender| self.is_named(sender) && streams(sender)).count()
    }

    /// The names of which none streams, in the order of the setting; empty for `*`.
    pub fn absent(&self, senders: &[Sender]) -> Vec<&str> {
        let is_there =
            |name: &str| senders.iter().any(|sender| streams(sender) && goes_by(sender, name));
        self.names
            .iter()
            .map(String::as_str)
            .filter(|name| *name != "*" && !is_there(name))
            .collect()
    }

    fn is_named(&self, sender: &Sender) -> bool {
        self.names.iter().any(|name| name == "*" || goes_by(sender, name))
    }
}

fn goes_by(sender: &Sender, name: &str) -> bool {
    sender.application_name.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(name))
}

/// PostgreSQL counts a standby once it streams: not while it catches up.
fn streams(sender: &Sender) -> bool {
    matches!(sender.state.as_deref(), Some("streaming" | "stopping"))
}

#[derive(Debug, PartialEq)]
enum Token {
    Word(String),
    Quoted(String),
    Sign(char),
}

fn counted(rest: &[Token]) -> bool {
    matches!(rest, [Token::Word(_), Token::Sign('('), ..])
}

/// Words, quoted names and signs; None when a quote is not closed.
fn tokens(setting: &str) -> Option<Vec<Token>> {
    let mut found = Vec::new();
    let mut rest = setting.trim_start();
    while let Some(first) = rest.chars().next() {
        rest = match first {
            '(' | ')' | ',' => {
                found.push(Token::Sign(first));
                rest.get(1..)?
            }
            '"' => {
                let (name, after) = quoted(rest.get(1..)?)?;
                found.push(Token::Quoted(name));
                after
            }
            _ => {
                let ends = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',' | '"');
                let end = rest.find(ends).unwrap_or(rest.len());
                found.push(Token::Word(rest.get(..end)?.to_owned()));
                rest.get(end..)?
            }
        }
        .trim_start();
    }
    Some(found)
}

/// A name up to its closing quote (two quotes are one), and what follows.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut rest = text;
    loop {
        let (before, after) = rest.split_once('"')?;
        name.push_str(before);
        match after.strip_prefix('"') {
            Some(more) => {
                name.push('"');
                rest = more;
            }
            None => return Some((name, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn required(setting: &str) -> Option<(bool, usize, Vec<String>)> {
        Required::parse(setting).map(|required| (required.any, required.count, required.names))
    }

    fn streaming(name: &str) -> Sender {
        Sender {
            application_name: Some(name.into()),
            state: Some("streaming".into()),
            ..Sender::default()
        }
    }

    #[test]
    fn every_form_of_the_setting_is_read() {
        let names = |all: &[&str]| all.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(required(""), None);
        assert_eq!(required(" s1 "), Some((false, 1, names(&["s1"]))));
        assert_eq!(required("s1, s2"), Some((false, 1, names(&["s1", "s2"]))));
        assert_eq!(required("2 (s1, s2,s3)"), Some((false, 2, names(&["s1", "s2", "s3"]))));
        assert_eq!(required("FIRST 2 (s1, s2)"), Some((false, 2, names(&["s1", "s2"]))));
        assert_eq!(required("any 2(\"a \"\"b\", *)"), Some((true, 2, names(&["a \"b", "*"]))));
        assert_eq!(required("first"), Some((false, 1, names(&["first"]))));
        assert_eq!(required("\"open"), None);
    }

    #[test]
    fn only_who_streams_is_there_and_case_does_not_matter() {
        let required = Required::parse("ANY 2 (S1, s2, s3)").unwrap();
        let late = Sender { state: Some("catchup".into()), ..streaming("s2") };
        let senders = [streaming("s1"), late, streaming("other")];
        assert_eq!(required.present(&senders), 1);
        assert_eq!(required.absent(&senders), ["s2", "s3"]);
        let anybody = Required::parse("*").unwrap();
        assert_eq!((anybody.present(&senders), anybody.absent(&senders).len()), (2, 0));
    }
}
