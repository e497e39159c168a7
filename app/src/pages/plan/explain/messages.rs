//! Messages for a failed EXPLAIN: the remedy for a refusal, and the position in the statement.
//! Pure.

use model::explain::{Explained, NotExplained, Position, Refusal};

use crate::ui::format;
use crate::ui::sql::{Token, tokens};

/// Characters of context around a position.
const AROUND: usize = 90;

/// An excerpt of the statement around a position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The line's number, from 1.
    pub line: u32,
    /// Text before the position.
    pub before: String,
    /// The token at the position; empty at the end of the line.
    pub marked: String,
    /// Text after it.
    pub after: String,
}

/// The excerpt at a position; None when the statement has no such line.
pub fn excerpt(statement: &str, at: Position) -> Option<Excerpt> {
    let line = statement.split('\n').nth(usize::try_from(at.line).ok()?.checked_sub(1)?)?;
    let column = usize::try_from(at.column).ok()?.saturating_sub(1);
    let place = line.char_indices().nth(column).map_or(line.len(), |(place, _)| place);
    let (before, rest) = line.split_at(place);
    let end = first_word(rest);
    let (marked, after) = rest.split_at(end);
    let skipped = before.chars().count().saturating_sub(AROUND);
    let ellipsis = |cut: bool| if cut { "…" } else { "" };
    let tail: String = after.chars().take(AROUND).collect();
    Some(Excerpt {
        line: at.line,
        before: format!(
            "{}{}",
            ellipsis(skipped > 0),
            before.chars().skip(skipped).collect::<String>()
        ),
        marked: marked.to_owned(),
        after: format!("{tail}{}", ellipsis(tail.len() < after.len())),
    })
}

/// The length of the first token.
fn first_word(rest: &str) -> usize {
    let Some((token, text)) = tokens(rest).into_iter().next() else { return 0 };
    if token != Token::Plain {
        return text.len();
    }
    let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '.');
    let length = text.find(|c| !word(c)).unwrap_or(text.len());
    if length > 0 { length } else { text.chars().next().map_or(0, char::len_utf8) }
}

/// The position of the error in the statement, if known.
pub fn place(why: &NotExplained) -> Option<Position> {
    match why {
        NotExplained::Failed { at, .. } => *at,
        NotExplained::Refused(refusal) => match refusal {
            Refusal::Nul { at } | Refusal::Several { at } | Refusal::Into { at } => Some(*at),
            Refusal::NotParsed { at, .. }
            | Refusal::Kind { at, .. }
            | Refusal::Writes { at, .. }
            | Refusal::LocksRows { at }
            | Refusal::Function { at, .. } => *at,
            _ => None,
        },
        _ => None,
    }
}

/// The remedy, unless the message contains it already.
pub fn advice(why: &NotExplained) -> Option<String> {
    match why {
        NotExplained::Failed { sqlstate, hint, .. } => match (sqlstate.as_str(), hint) {
            (_, Some(hint)) => Some(hint.clone()),
            ("42501", None) => Some(
                "EXPLAIN needs the same privileges as the statement: grant pgdeck's role SELECT on its tables, or pg_read_all_data.".into(),
            ),
            ("42P01" | "3F000", None) => Some(
                "Choose its database, or qualify the name with its schema: the search_path is that of pgdeck's role.".into(),
            ),
            ("25006", None) => Some(
                "A function that the statement calls tries to write, but the transaction is read-only.".into(),
            ),
            _ => None,
        },
        NotExplained::TimedOut { waited_for, .. } if waited_for.contains("lock") => Some(
            "The server's activity page shows who holds it; try again when that transaction has ended.".into(),
        ),
        NotExplained::TimedOut { .. } => Some(
            "Choose a longer time limit, or plan it without executing it.".into(),
        ),
        NotExplained::Unknown(reason) => reason.remedy(),
        _ => None,
    }
}

/// How the plan was made, in one or two sentences.
pub fn origin(explained: &Explained, server: &str) -> String {
    let what = if explained.executed {
        "Executed and rolled back on"
    } else {
        "Planned, not executed, on"
    };
    format!(
        "{what} {server} (PostgreSQL {}, database {}) as {}; the server took {}.",
        explained.major,
        explained.database,
        explained.role,
        format::number(explained.took_ms, model::Unit::Ms)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_at_the_place_is_marked() {
        let at = |line, column| Position { line, column };
        let excerpt_of = |text: &str, place| {
            let found = excerpt(text, place).expect("a line");
            (found.before, found.marked, found.after)
        };
        let text = "select 'é',\n  pg_sleep(1)\nfrom t";
        assert_eq!(excerpt_of(text, at(2, 3)), ("  ".into(), "pg_sleep".into(), "(1)".into()));
        assert_eq!(excerpt_of(text, at(1, 8)), ("select ".into(), "'é'".into(), ",".into()));
        assert_eq!(excerpt_of(text, at(1, 99)).1, "");
        assert_eq!(excerpt(text, at(9, 1)), None);
        let long = format!("{} here {}", "a ".repeat(500), "b ".repeat(500));
        let (before, marked, after) = excerpt_of(&long, at(1, 1_002));
        assert_eq!(marked, "here");
        assert!(before.starts_with('…') && after.ends_with('…'), "{before} {after}");
        assert!(before.chars().count() + after.chars().count() < 200);
    }

    #[test]
    fn each_failure_says_what_to_do() {
        let failed = |sqlstate: &str| NotExplained::Failed {
            sqlstate: sqlstate.into(),
            message: "m".into(),
            hint: None,
            at: None,
        };
        assert!(advice(&failed("42501")).is_some_and(|message| message.contains("SELECT")));
        assert_eq!(advice(&failed("22012")), None);
        let late = |what: &str| NotExplained::TimedOut { after_ms: 1, waited_for: what.into() };
        assert!(advice(&late("the statement")).is_some_and(|message| message.contains("longer")));
        let lock = advice(&late("a lock that another session holds"));
        assert!(lock.is_some_and(|message| message.contains("activity")));
    }
}
