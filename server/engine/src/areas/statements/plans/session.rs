//! The values that a session ran a statement with: its text as the session showed it, checked to be that statement.

use plan::query::lexer::{TokenKind, tokens};

use super::choose::Subject;
use crate::parsing::on_large_stack;
use crate::planning::{Planning, Ran};

/// Values of so long ago are not planned for any more, ms.
const OLD_MS: i64 = 600_000;

/// The text of a session that ran it lately, with its values; None of a prepared statement, which has none.
pub fn ran(planner: &dyn Planning, subject: &Subject, now_ms: i64) -> Option<Ran> {
    let ran = planner.handover().ran.get(&subject.place())?;
    let is_new = now_ms.saturating_sub(ran.at_ms) < OLD_MS;
    (is_new && !tokens(&ran.text).any(|one| one.kind == TokenKind::Parameter)).then_some(ran)
}

/// The text, if it is this statement: a session's identifier may be that of another one, of a cursor or of one
/// of several in a string.
///
/// Errors: why not, in a sentence.
pub async fn checked(ran: Option<Ran>, subject: &Subject) -> Result<Ran, String> {
    let ran = ran.ok_or("No session was seen lately that ran it with values in its text.")?;
    let (text, known) = (ran.text.clone(), subject.fingerprint.clone());
    let same = tokio::task::spawn_blocking(move || {
        on_large_stack(|| is_same(&text, &known)).unwrap_or_default()
    });
    match same.await.unwrap_or_default() {
        true => Ok(ran),
        false => Err("The text that a session showed last is another statement.".into()),
    }
}

/// Whether a text with values has this fingerprint.
fn is_same(text: &str, known: &str) -> bool {
    let is_one = pg_query::parse(text, 0).is_ok_and(|parsed| parsed.protobuf.stmts.len() == 1);
    let print =
        |text: &str| pg_query::fingerprint(text, 0, 0).is_ok_and(|print| print.hex == known);
    is_one && (print(text) || pg_query::normalize(text).is_ok_and(|masked| print(&masked)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_statement_is_not_taken_for_it() {
        let known = pg_query::fingerprint("select * from t where a = $1", 0, 0).unwrap().hex;
        for (text, expected) in [
            ("select * from t where a = 7", true),
            ("/* web */ SELECT * FROM t WHERE a = 'x' -- end", true),
            ("select * from t where b = 7", false),
            ("select * from t where a = 7; select 1", false),
            ("declare c cursor for select * from t where a = 7", false),
            ("select * from t where a = 'cut o", false),
            ("", false),
        ] {
            assert_eq!(is_same(text, &known), expected, "{text}");
        }
        assert!(!is_same("select * from t where a = 7", ""));
    }
}
