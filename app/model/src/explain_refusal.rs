//! Refusals of EXPLAIN: why a statement is not run, as one sentence with the place and what to do.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A place in the given statement, counted from 1, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

impl Position {
    /// The place of the byte at `offset`; the end of the text when it is beyond.
    pub fn of(text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.matches('\n').count();
        let column = before.rsplit('\n').next().unwrap_or(before).chars().count();
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX).saturating_add(1);
        Self { line: number(line), column: number(column) }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// What is dangerous about a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Danger {
    /// It is on the list of functions that act outside the transaction; never called.
    Blocked,
    /// It is volatile: it may do anything.
    Volatile,
    /// It runs with the rights of its owner.
    SecurityDefiner,
    /// It is a foreign table: what is done to read it is not known here.
    Foreign,
}

/// Why the guard refuses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// Longer than we read.
    TooLong {
        /// Its length.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// A character that SQL cannot hold.
    Nul {
        /// Where.
        at: Position,
    },
    /// Nothing but white space and comments.
    Empty,
    /// PostgreSQL's parser does not read it.
    NotParsed {
        /// The parser's message.
        message: String,
        /// Where, if known.
        at: Option<Position>,
    },
    /// More than one statement.
    Several {
        /// Where the second begins.
        at: Position,
    },
    /// A statement, or a part of one, that is not explained.
    Kind {
        /// Its name, for example `COPY`.
        what: String,
        /// Where.
        at: Option<Position>,
    },
    /// `SELECT INTO` makes a table.
    Into {
        /// Where the table is named.
        at: Position,
    },
    /// It changes rows, and the user has not consented to that.
    Writes {
        /// `INSERT`, `UPDATE`, `DELETE` or `MERGE`.
        what: String,
        /// Where.
        at: Option<Position>,
    },
    /// It locks rows, and the user has not consented to that.
    LocksRows {
        /// Where.
        at: Option<Position>,
    },
    /// A function that is not called.
    Function {
        /// Its name as written, or of the operator or column that calls it.
        name: String,
        /// Why.
        danger: Danger,
        /// Where.
        at: Option<Position>,
    },
    /// Not as many values as parameters.
    Parameters {
        /// How many the statement has.
        needs: usize,
        /// How many were given.
        given: usize,
    },
    /// EXPLAIN as a superuser, or as a role with as much power, which the configuration does not allow.
    Superuser {
        /// The role.
        role: String,
    },
    /// Changing rows on a standby.
    Standby,
    /// A time limit beyond ours.
    Timeout {
        /// The longest we allow, ms.
        limit_ms: u64,
    },
    /// As many runs as we allow are under way on this server.
    Busy,
    /// A run of that name is under way.
    SameRun,
}

impl Refusal {
    /// One sentence: what, where, what to do.
    pub fn message(&self) -> String {
        match self {
            Self::TooLong { bytes, limit } => {
                format!(
                    "The statement has {bytes} bytes; the limit is {limit}. Shorten its lists of values."
                )
            }
            Self::Nul { at } => {
                format!("The statement contains a NUL character ({at}); remove it.")
            }
            Self::Empty => {
                "There is no statement; paste one SELECT, INSERT, UPDATE, DELETE or MERGE.".into()
            }
            Self::NotParsed { message, at } => {
                format!("PostgreSQL's parser rejects the statement{}: {message}.", place(*at))
            }
            Self::Several { at } => {
                format!(
                    "There is more than one statement, the second begins at {at}; enter one at a time."
                )
            }
            Self::Kind { what, at } => format!(
                "{what} is not supported here{}; enter a SELECT, VALUES, INSERT, UPDATE, DELETE or MERGE without EXPLAIN in front.",
                place(*at)
            ),
            Self::Into { at } => {
                format!("SELECT INTO would create a table ({at}); remove INTO.")
            }
            Self::Writes { what, at } => format!(
                "{what} changes rows{}, and ANALYZE would really execute it; allow changing rows first. It is always rolled back.",
                place(*at)
            ),
            Self::LocksRows { at } => format!(
                "FOR UPDATE and FOR SHARE lock rows until the rollback{}; remove the clause or allow changing rows.",
                place(*at)
            ),
            Self::Function { name, danger, at } => function(name, *danger, *at),
            Self::Parameters { needs, given } => format!(
                "The statement has {needs} {} and {given} {} given; enter one for each, or choose the generic plan.",
                if *needs == 1 { "parameter" } else { "parameters" },
                if *given == 1 { "value was" } else { "values were" },
            ),
            Self::Superuser { role } => format!(
                "EXPLAIN runs code, and {role} is a superuser or reaches the server's files and programs; connect with a role made for it (create role pgdeck login in role pg_monitor; grant select on the tables to pgdeck), or set explain_analyze = \"allow_superuser\" in pgdeck.toml."
            ),
            Self::Standby => {
                "A standby cannot change rows; run it on the primary, or without ANALYZE.".into()
            }
            Self::Timeout { limit_ms } => {
                format!(
                    "The time limit must be between 1 ms and {}.",
                    crate::duration(*limit_ms as f64)
                )
            }
            Self::Busy => {
                "Another EXPLAIN is running on this server; wait for it or cancel it.".into()
            }
            Self::SameRun => "This run has already been started; request a new preview.".into(),
        }
    }
}

fn place(at: Option<Position>) -> String {
    at.map(|at| format!(" ({at})")).unwrap_or_default()
}

fn function(name: &str, danger: Danger, at: Option<Position>) -> String {
    let place = place(at);
    match danger {
        Danger::Blocked => format!(
            "{name} acts outside the transaction{place}, so a rollback does not undo it; pgdeck never calls it."
        ),
        Danger::Volatile => format!(
            "{name} is volatile{place}: it may have effects that a rollback does not undo; allow volatile functions if you know it is safe."
        ),
        Danger::SecurityDefiner => format!(
            "{name} is SECURITY DEFINER{place} and runs with its owner's privileges; allow such functions if you know what it does."
        ),
        Danger::Foreign => format!(
            "{name} is a foreign table{place}, and what reading it does elsewhere is not known here; allow volatile functions if you know it."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_counts_lines_and_characters() {
        let text = "select 'é',\n  f(1)";
        assert_eq!(Position::of(text, 0), Position { line: 1, column: 1 });
        let f = text.find('f').unwrap_or_default();
        assert_eq!(Position::of(text, f), Position { line: 2, column: 3 });
        assert_eq!(Position::of("é x", 3).column, 3);
        assert_eq!(Position::of("x", 99), Position { line: 1, column: 2 });
    }

    #[test]
    fn every_refusal_is_one_sentence() {
        let at = Position { line: 2, column: 3 };
        for refusal in [
            Refusal::TooLong { bytes: 9, limit: 8 },
            Refusal::Kind { what: "COPY".into(), at: Some(at) },
            Refusal::Function { name: "f".into(), danger: Danger::Volatile, at: Some(at) },
            Refusal::Busy,
        ] {
            let message = refusal.message();
            assert!(message.ends_with('.') && !message.contains('\n'), "{message}");
        }
        let message = Refusal::Several { at }.message();
        assert!(message.contains("line 2, column 3"), "{message}");
    }
}
