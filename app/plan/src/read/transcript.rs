//! Recognises the lines around a plan in a psql transcript or log: prompts, statements, command
//! tags, timings, comments. The statement before a plan is kept as its query.

use crate::paste::{Line, Place};

/// Words that start a statement.
const STATEMENTS: &[&str] = &[
    "explain", "select", "with", "insert", "update", "delete", "merge", "begin", "start", "set",
    "commit", "rollback", "create", "table", "values", "execute", "prepare", "analyze", "vacuum",
    "reset", "load", "drop", "alter", "declare", "show", "end",
];

/// Follows the lines between plans.
#[derive(Default)]
pub(crate) struct Transcript {
    /// The statement so far.
    statement: String,
    /// Whether it goes on in the next line.
    open: bool,
}

impl Transcript {
    /// Takes a line in; false if it is not understood.
    pub(crate) fn takes(&mut self, line: &Line<'_>) -> bool {
        let text = line.text.trim();
        if let Some(query) = text.strip_prefix("Query Text:") {
            self.start(query.trim());
            self.open = true;
            return true;
        }
        if text.starts_with("Query Parameters:") || text.starts_with("CONTEXT:") {
            return true;
        }
        let statement = prompt(text).unwrap_or(text);
        let prompted = statement.len() < text.len();
        if self.open && !prompted {
            self.statement.push('\n');
            self.statement.push_str(line.text.trim_end());
            self.open = line.place == Place::Framed || !text.ends_with(';');
            return true;
        }
        if is_tag(text) || is_timing(text) || text.starts_with("--") {
            return true;
        }
        if prompted || is_statement(statement) {
            self.start(statement);
            self.open =
                !statement.is_empty() && !statement.ends_with(';') && is_statement(statement);
            return true;
        }
        // `# a comment`; nothing but punctuation or another tool's column heading.
        text.starts_with('#')
            || text.trim_matches(|c: char| "|│║\"'".contains(c) || c.is_whitespace())
                == "QUERY PLAN"
            || !text.chars().any(char::is_alphanumeric)
    }

    fn start(&mut self, statement: &str) {
        self.statement = statement.to_owned();
    }

    /// The statement whose plan follows, without EXPLAIN in front.
    pub(crate) fn query(&mut self) -> Option<String> {
        self.open = false;
        let statement = std::mem::take(&mut self.statement);
        let text = statement.trim().trim_end_matches(';').trim();
        let query = text.get(..7).filter(|word| word.eq_ignore_ascii_case("explain")).map_or(
            Some(text),
            |_| {
                let rest = text.get(7..)?.trim_start();
                if let Some(options) = rest.strip_prefix('(') {
                    return options.split_once(')').map(|(_, query)| query.trim());
                }
                let mut rest = rest;
                for word in ["analyze", "verbose"] {
                    if rest.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word)) {
                        rest = rest.get(word.len()..)?.trim_start();
                    }
                }
                Some(rest)
            },
        )?;
        (!query.is_empty()).then(|| query.to_owned())
    }
}

/// What stands behind psql's prompt: `shop=# `, `shop-> `, or the bare `# ` of blog posts.
fn prompt(text: &str) -> Option<&str> {
    for mark in ["=# ", "=> ", "-# ", "-> ", "(# ", "'# ", "=*# ", "=*> "] {
        if let Some((name, statement)) = text.split_once(mark)
            && !name.contains(' ')
            && !name.is_empty()
        {
            return Some(statement.trim());
        }
    }
    text.strip_prefix("# ").map(str::trim).filter(|statement| is_statement(statement))
}

fn is_statement(text: &str) -> bool {
    let word: String = text.chars().take_while(|c| c.is_ascii_alphabetic()).take(12).collect();
    STATEMENTS.contains(&word.to_ascii_lowercase().as_str())
}

/// `SET`, `SELECT 1000`, `INSERT 0 1`.
fn is_tag(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let tag = words
        .next()
        .is_some_and(|word| word.len() < 20 && word.chars().all(|c| c.is_ascii_uppercase()));
    tag && words.all(|word| {
        word.chars().all(|c| c.is_ascii_digit()) || word.chars().all(|c| c.is_ascii_uppercase())
    })
}

/// psql's `Time: 12.3 ms` in any language, pgcli's `Time: 0.012s`: a word, a colon, a number.
fn is_timing(text: &str) -> bool {
    text.split_once(':').is_some_and(|(name, rest)| {
        name.trim().chars().all(char::is_alphabetic)
            && rest.trim_start().starts_with(|c: char| c.is_ascii_digit())
            && (["ms", "мс", "毫秒"].iter().any(|unit| rest.contains(unit))
                || rest.trim().ends_with('s'))
    })
}
