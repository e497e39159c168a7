//! Redacts role passwords in statement texts before they are stored or sent: `create role …
//! password 'x'` stands in clear in `pg_stat_activity` while it runs (`docs/limits.md#passwords-in-statements`).
//!
//! Everything behind the word is cut, not only the literal: what is not there cannot leak, however
//! it was quoted.

/// What stands in the place of what was cut.
const CUT: &str = " ‹hidden: may hold a password›";

/// The text without anything behind the word `password`.
pub fn statement(text: &str) -> String {
    const WORD: &[u8] = b"password";
    let found =
        text.as_bytes().windows(WORD.len()).position(|part| part.eq_ignore_ascii_case(WORD));
    match found.and_then(|at| text.get(..at + WORD.len())) {
        Some(kept) if mentions_role(kept) => format!("{kept}{CUT}"),
        _ => text.to_owned(),
    }
}

/// Whether the statement can set a role's password: `create|alter role|user|group` or user mapping,
/// `\password` sends `alter user`; foreign servers and subscriptions carry `password=` in options.
fn mentions_role(before: &str) -> bool {
    let lower = before.to_ascii_lowercase();
    ["role", "user", "group", "mapping", "server", "subscription", "dblink"]
        .iter()
        .any(|word| lower.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_cut_however_they_are_quoted() {
        for text in [
            "create role a login password 'S3cret'",
            "ALTER USER a WITH ENCRYPTED PASSWORD E'S3\\'cret'",
            "alter role a PassWord $x$S3cret$x$ valid until 'infinity'",
            "create subscription s connection 'host=h password=S3cret' publication p",
        ] {
            let shown = statement(text);
            assert!(!shown.contains("S3"), "{shown}");
            assert!(shown.ends_with(CUT));
        }
    }

    #[test]
    fn an_ordinary_statement_stays_whole() {
        let text = "select password_hash from accounts where id = 1";
        assert_eq!(statement(text), text);
    }
}
