//! Hides secrets in texts of statements before they are stored or sent: `create role … password 'x'` stands in
//! clear in `pg_stat_activity` while it runs (`docs/limits.md#passwords-in-statements`).
//!
//! PostgreSQL's own parser says which constants may be secrets. A text that it does not know is cut at its
//! first constant: what is not there cannot leak, however it was quoted.

mod body;
#[cfg(test)]
mod tests;
mod tree;

use std::collections::BTreeSet;

use pg_query::protobuf::{ScanToken, Token};

use crate::parsing::on_large_stack;

/// The longest text that is parsed, bytes; a longer one is cut: how deep it is, is not ours to choose.
const LONGEST_BYTES: usize = 8 << 10;
/// What stands in the place of a constant.
const HIDDEN: &str = "'‹hidden: may hold a password›'";
/// What stands in the place of the rest of a text that cannot be parsed.
const CUT: &str = "‹hidden: may hold a password›";

/// Parts of the names of functions and columns that take or keep secrets, in lower case. A statement that
/// reads or changes rows and has none of them is not parsed.
const SECRETIVE: [&str; 16] = [
    "passw",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "conninfo",
    "dblink",
    "://",
    "crypt",
    "pgp_",
    "hmac",
    "set_config",
    "api_key",
    "apikey",
    "credential",
    "connect",
];
/// Statements in which a secret can only be a constant of an expression, and what else begins the text of a
/// session and holds none.
const ORDINARY: &str = "
    select insert update delete with merge values table begin start commit end rollback abort savepoint
    release fetch move close vacuum analyze reindex cluster refresh truncate lock discard show reset listen
    unlisten notify checkpoint call execute prepare deallocate declare explain autovacuum identify_system start_replication base_backup timeline_history";

/// The text without constants that may be secrets.
pub fn statement(text: &str) -> String {
    if !may_hold_secret(text) {
        return text.to_owned();
    }
    if text.len() > LONGEST_BYTES {
        return cut(text);
    }
    on_large_stack(|| by_tree(text)).flatten().unwrap_or_else(|| cut(text))
}

/// Cheap, for it is asked of every session again and again.
fn may_hold_secret(text: &str) -> bool {
    let rest = after_comments(text);
    let end = rest.find(|c: char| !c.is_ascii_alphabetic() && c != '_').unwrap_or(rest.len());
    let first = rest.get(..end).unwrap_or_default().to_ascii_lowercase();
    let is_ordinary = match first.as_str() {
        "" => rest.is_empty(),
        // A name with a dot is an application's own setting, which may be anything.
        "set" => !rest.contains('.'),
        "copy" => !rest.to_ascii_lowercase().contains("program"),
        first => ORDINARY.split_ascii_whitespace().any(|word| word == first),
    };
    let is_one = !text.trim_end().trim_end_matches(';').contains(';');
    !is_ordinary
        || !is_one
        || is_secretive(text)
        // A name in Unicode escapes may be any name.
        || text.contains("&\"")
        || text.contains("||") && is_secretive(&joined(text))
}

/// The text with its concatenations taken together, roughly.
fn joined(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !"'|".contains(*c)).collect()
}

/// Whether a name or text has one of the words.
fn is_secretive(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    SECRETIVE.iter().any(|word| lower.contains(word))
}

/// Whether a constant looks like one: an option `password=`, a URI with a password, a statement about one.
fn is_secret(constant: &str) -> bool {
    let lower = constant.to_ascii_lowercase();
    let of_uri = lower.split_once("://").is_some_and(|(_, rest)| rest.contains('@'));
    of_uri
        || ["passw", "passphrase", "pwd", "secret", "conninfo", "bearer "]
            .iter()
            .any(|word| lower.contains(word))
}

/// What follows the white space and comments at the beginning.
fn after_comments(text: &str) -> &str {
    let mut rest = text.trim_start_matches(|c: char| c.is_whitespace() || c == '(');
    loop {
        let after = match rest {
            // Either character ends a line (scan.l, `non_newline`).
            _ if rest.starts_with("--") => {
                rest.split_once(['\n', '\r']).map_or("", |(_, after)| after)
            }
            _ if rest.starts_with("/*") => after_comment(rest),
            _ => return rest,
        };
        rest = after.trim_start_matches(|c: char| c.is_whitespace() || c == '(');
    }
}

/// What follows a comment; comments nest, and no character is part of two marks.
fn after_comment(text: &str) -> &str {
    let (mut depth, mut rest) = (0_usize, text);
    loop {
        if let Some(after) = rest.strip_prefix("/*") {
            depth += 1;
            rest = after;
        } else if let Some(after) = rest.strip_prefix("*/") {
            depth = depth.saturating_sub(1);
            rest = after;
            if depth == 0 {
                return rest;
            }
        } else {
            let mut chars = rest.chars();
            if chars.next().is_none() {
                return "";
            }
            rest = chars.as_str();
        }
    }
}

/// The text with hidden constants; None where our parser does not know it.
fn by_tree(text: &str) -> Option<String> {
    let tokens = pg_query::scan_tokens(text).ok()?;
    let parsed = pg_query::parse(text, 0).ok()?;
    let mut statements = Vec::new();
    for statement in &parsed.protobuf.stmts {
        let from = usize::try_from(statement.stmt_location).ok()?;
        let length = usize::try_from(statement.stmt_len).ok()?;
        let to = if length == 0 { text.len() } else { from + length };
        statements.push((to, tree::secrets(&serde_json::to_value(statement).ok()?)));
    }
    let none = tree::Secrets::default();
    let mut shown = Shown::new(text);
    for token in &tokens {
        // Comments before and behind a statement are taken as its own.
        let own = statements.iter().find(|(to, _)| start(token) < *to).or(statements.last());
        shown.add(token, own.map_or(&none, |(_, secrets)| secrets));
    }
    shown.end()
}

fn start(token: &ScanToken) -> usize {
    usize::try_from(token.start).unwrap_or(usize::MAX)
}

fn is_comment(token: &ScanToken) -> bool {
    token.token == Token::SqlComment as i32 || token.token == Token::CComment as i32
}

fn is_constant(token: &ScanToken) -> bool {
    [Token::Sconst, Token::Usconst, Token::Bconst, Token::Xconst]
        .iter()
        .any(|kind| token.token == *kind as i32)
}

/// A text that is copied token by token.
struct Shown<'a> {
    text: &'a str,
    out: String,
    /// The byte up to which it is copied.
    done: usize,
    failed: bool,
}

impl<'a> Shown<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, out: String::with_capacity(text.len()), done: 0, failed: false }
    }

    fn add(&mut self, token: &ScanToken, secrets: &tree::Secrets) {
        let from = start(token);
        let to = usize::try_from(token.end).unwrap_or(from);
        let Some(written) = self.text.get(from..to) else {
            self.failed = true;
            return;
        };
        let new = if is_comment(token) {
            let hides = secrets.all || secrets.bodies || is_secretive(written);
            hides.then(|| format!("/* {CUT} */"))
        } else if secrets.values.contains(&from) {
            Some(HIDDEN.to_owned())
        } else if !is_constant(token) {
            None
        } else if secrets.all
            || secrets.places.contains(&from)
            || is_secret(written) && !secrets.bodies
        {
            Some(HIDDEN.to_owned())
        } else if secrets.bodies {
            body::shown(written, secrets.is_sql)
        } else {
            None
        };
        if let Some(new) = new {
            self.copy_to(from);
            self.push(&new);
            self.done = to;
        }
    }

    fn copy_to(&mut self, to: usize) {
        match self.text.get(self.done..to) {
            Some(part) => self.push(part),
            None => self.failed = true,
        }
        self.done = to;
    }

    /// Two quotes in a row would make one constant of two.
    fn push(&mut self, part: &str) {
        if self.out.ends_with('\'') && part.starts_with('\'') {
            self.out.push(' ');
        }
        self.out.push_str(part);
    }

    fn end(mut self) -> Option<String> {
        self.copy_to(self.text.len());
        (!self.failed).then_some(self.out)
    }
}

/// The text up to its first constant, comment or word that a secret may follow; one that was cut stays as it is.
fn cut(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let words = SECRETIVE.iter().flat_map(|word| {
        lower.match_indices(word).map(|(at, _)| {
            let rest = lower.get(at..).unwrap_or_default();
            at + rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len())
        })
    });
    let constants =
        ["'", "/*", "--"].iter().filter_map(|mark| lower.find(mark)).chain(dollar_quote(&lower));
    let places: BTreeSet<usize> = words.chain(constants).chain(lower.find(CUT)).collect();
    match places.first().and_then(|at| text.get(..*at)) {
        Some(kept) if kept.len() < text.len() => format!("{} {CUT}", kept.trim_end()),
        _ => text.to_owned(),
    }
}

/// Where a constant in dollars begins; `$1` is a parameter.
fn dollar_quote(text: &str) -> Option<usize> {
    text.match_indices('$').map(|(at, _)| at).find(|at| {
        let rest = text.get(at + 1..).unwrap_or_default();
        let tag = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        rest.get(tag..).is_some_and(|rest| rest.starts_with('$'))
    })
}
