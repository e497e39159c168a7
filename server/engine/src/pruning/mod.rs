//! What statements say of a partition key, from their texts alone: nothing is planned.

mod conditions;

use model::pruning::{Reader, TreeKey};
use model::shorten::shortened;

pub use self::conditions::key_use;

/// The longest text that is handed on, characters.
const TEXT_CHARS: usize = 200;

/// A statement: its identity, its text, how often it ran and how long that took, ms.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Its identity.
    pub queryid: i64,
    /// Its text.
    pub text: String,
    /// How often it ran.
    pub calls: f64,
    /// The time that it took, ms.
    pub total_ms: f64,
}

/// Those of the statements that read the table of that schema and name, in the order given. Parses them: not for the
/// threads that answer requests.
pub fn readers(
    statements: Vec<Recorded>,
    (nspname, relname): (&str, &str),
    key: &TreeKey,
) -> Vec<Reader> {
    let reader = |one: Recorded| {
        let key_use = key_use(&one.text, (nspname, relname), &key.columns)?;
        let text = one.text.split_whitespace().collect::<Vec<_>>().join(" ");
        Some(Reader {
            queryid: one.queryid,
            text: shortened(&text, TEXT_CHARS).into_owned(),
            calls: one.calls,
            total_ms: one.total_ms,
            key_use,
        })
    };
    statements.into_iter().filter_map(reader).collect()
}
