//! The text of a program (DO, CREATE FUNCTION) without constants that may be secrets.

use super::{CUT, HIDDEN, Shown, is_secretive, tree::Secrets};

/// Words of programs that set passwords or run a text that they put together.
const SUSPICIOUS: [&str; 7] =
    ["execute", "role", "user", "mapping", "server", "subscription", "system"];

/// The constant that holds a program, with what may be a secret hidden; None where it may stay as it is.
pub fn shown(constant: &str, is_sql: bool) -> Option<String> {
    let lower = constant.to_ascii_lowercase();
    if !is_secretive(&lower) && !SUSPICIOUS.iter().any(|word| lower.contains(word)) {
        return None;
    }
    let redacted = quoted_in_dollars(constant).filter(|_| is_sql).and_then(|(tag, program)| {
        let tokens = pg_query::scan_tokens(program).ok()?;
        // In a program of PL/pgSQL every constant may be part of a statement that is put together.
        let secrets = Secrets { all: true, ..Secrets::default() };
        let mut shown = Shown::new(program);
        for token in &tokens {
            shown.add(token, &secrets);
        }
        Some(format!("{tag}{}{tag}", shown.end()?))
    });
    Some(redacted.unwrap_or_else(|| match quoted_in_dollars(constant) {
        Some((tag, _)) => format!("{tag} {CUT} {tag}"),
        None => HIDDEN.to_owned(),
    }))
}

/// The tag, dollars included, and what stands between.
fn quoted_in_dollars(constant: &str) -> Option<(&str, &str)> {
    let end = constant.strip_prefix('$')?.find('$')? + 2;
    let tag = constant.get(..end)?;
    let program = constant.get(end..)?.strip_suffix(tag)?;
    Some((tag, program))
}
