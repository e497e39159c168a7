//! What the fuzz targets in `server/fuzz` reach of private modules. Nothing else calls it.

use serde_json::Value;

use crate::connection::relay::messages::Messages;
use crate::fields::Fields;
use crate::parsing::on_large_stack;

pub use crate::connection::relay::limits::MOST_COLUMNS;
pub use crate::explain::denied_functions::blocked as is_blocked;

/// Bytes on their way between pgdeck and a server.
#[derive(Clone, Copy, Debug)]
pub enum Piece<'a> {
    /// The server sends them.
    Server(&'a [u8]),
    /// pgdeck sends them.
    Client(&'a [u8]),
}

impl<'a> Piece<'a> {
    /// The bytes, where the server sends them.
    pub fn from_server(self) -> &'a [u8] {
        match self {
            Self::Server(bytes) => bytes,
            Self::Client(_) => &[],
        }
    }
}

/// What the relay lets through of these, and which limit ended it.
pub fn relayed<'a>(pieces: impl IntoIterator<Item = Piece<'a>>) -> (Vec<u8>, Result<(), String>) {
    let (mut messages, mut passed) = (Messages::default(), Vec::new());
    for piece in pieces {
        match piece {
            Piece::Client(bytes) => messages.asked(bytes),
            Piece::Server(bytes) => {
                if let Err(violation) = messages.pass(bytes, &mut passed) {
                    return (passed, Err(format!("{violation:?}")));
                }
            }
        }
    }
    (passed, Ok(()))
}

/// Reads a record of numbers in every way there is, over and over to its end; gives what was read as `reltuples`.
/// None where the text is no record.
pub fn numbers(record: &str) -> Option<Vec<f64>> {
    let mut fields = Fields::of(record).ok()?;
    let mut rows = Vec::new();
    // A call takes a field or finds none.
    for _ in 0..=record.len() / 6 {
        // What is no number is an error, which is all that it may be.
        let _ =
            (fields.number::<i64>(), fields.list::<i16>(), fields.pages(), fields.maybe::<f64>());
        let _ = (fields.is_set(), fields.next());
        rows.extend(fields.reltuples().ok().and_then(|(rows, _)| rows));
    }
    Some(rows)
}

/// The tree of PostgreSQL's parser; None where it does not know the text.
pub fn tree(text: &str) -> Option<Value> {
    on_large_stack(|| serde_json::to_value(pg_query::parse(text, 0).ok()?.protobuf).ok()).flatten()
}

/// The tokens of a text, and whether each is a constant or a comment; None where it cannot be cut into tokens.
pub fn tokens(text: &str) -> Option<Vec<(bool, &str)>> {
    use pg_query::protobuf::Token::{Bconst, CComment, Sconst, SqlComment, Usconst, Xconst};
    let kinds = [Sconst, Usconst, Bconst, Xconst, SqlComment, CComment].map(|kind| kind as i32);
    let tokens = pg_query::scan_tokens(text).ok()?;
    tokens
        .iter()
        .map(|token| {
            let (from, to) = (usize::try_from(token.start).ok()?, usize::try_from(token.end).ok()?);
            Some((kinds.contains(&token.token), text.get(from..to)?))
        })
        .collect()
}
