//! What a server may not send, and how that is told.

use model::quantity::number;
use model::{Cause, Reason, Unit};

use super::limits::{ANSWER_WIRE_BYTES, SIGN_IN_BYTES, UNASKED_BYTES};
use crate::error::service;

/// A limit that a server has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// A message announces more than is taken of its kind.
    Message {
        /// What it announces, bytes.
        bytes: u32,
        /// What is taken, bytes.
        most: u32,
        /// Whether it is a row of an answer.
        is_row: bool,
    },
    /// More came than belongs to signing in.
    SignIn,
    /// Too many notices, parameters and notifications came beside one answer.
    Unasked,
    /// More statements ended than pgdeck sent.
    Steps,
    /// One answer is too long.
    Answer,
    /// The parts of a message do not fit together.
    Malformed,
    /// What came is no message of the protocol, or none that may come now.
    Foreign,
}

impl Violation {
    /// What to show.
    pub fn reason(self, address: &str) -> Reason {
        let sent = match self {
            Self::Message { bytes, most, is_row } => {
                let what = if is_row { "row" } else { "message" };
                let (bytes, most) = (size(bytes.into()), size(most.into()));
                format!("a {what} of {bytes}, pgdeck takes at most {most}")
            }
            Self::SignIn => {
                format!(
                    "more while pgdeck signed in than the {} that pgdeck takes",
                    size(SIGN_IN_BYTES)
                )
            }
            Self::Unasked => format!(
                "more notices and parameters beside one answer than the {} that pgdeck takes",
                size(UNASKED_BYTES)
            ),
            Self::Steps => "more ends of statements than pgdeck sent statements".into(),
            Self::Answer => {
                format!("an answer of more than the {} that pgdeck takes", size(ANSWER_WIRE_BYTES))
            }
            Self::Malformed => return malformed(address),
            Self::Foreign => {
                return refusal(format!(
                    "{} does not speak the PostgreSQL protocol.",
                    service(address)
                ));
            }
        };
        refusal(format!("{} sent {sent}; nothing else of it was read.", service(address)))
    }
}

const REMEDY: &str = "Check that host and port belong to PostgreSQL or to a pooler; pgdeck has dropped the connection and reconnects automatically.";

/// The server sent a message whose parts do not fit together.
pub fn malformed(address: &str) -> Reason {
    refusal(format!("{} sent a malformed PostgreSQL message.", service(address)))
}

fn refusal(message: String) -> Reason {
    Reason::Unreachable { cause: Cause::Protocol, message, remedy: REMEDY.into() }
}

fn size(bytes: u64) -> String {
    number(bytes as f64, Unit::Bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_learns_what_came_and_what_is_taken() {
        let said = |violation: Violation| violation.reason("h:1").message();
        let row = Violation::Message { bytes: 1 << 30, most: 8 << 20, is_row: true };
        assert_eq!(
            said(row),
            format!(
                "The service at h:1 sent a row of {}, pgdeck takes at most {}; nothing else of it was read.",
                size(1 << 30),
                size(8 << 20)
            )
        );
        let start = Violation::Message { bytes: 1 << 20, most: 30_000, is_row: false };
        assert!(said(start).contains("sent a message of 1"), "{}", said(start));
        let within = Violation::Answer.reason("the server").message();
        assert!(within.starts_with("The server sent an answer of more than the "), "{within}");
        assert!(said(Violation::Malformed).contains("malformed"));
    }
}
