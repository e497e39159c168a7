//! The error type of all server functions (`ApiError`). A variant exists only if the page acts on
//! it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The incident of a message that cannot be decoded: on the server the request's fault (status 400), in
/// the browser an answer of another version.
pub const UNREADABLE: &str = "a message that cannot be read";

/// The error of every server function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ApiError {
    /// There is no such server, area or object, or it is not for this user to know.
    NotFound,
    /// The session has ended: sign in again.
    SignedOut,
    /// The user lacks the role.
    Forbidden {
        /// What would have been needed.
        needs: String,
    },
    /// pgdeck itself cannot be reached from the browser.
    Unreachable,
    /// PostgreSQL refused the statement.
    Refused {
        /// Its SQLSTATE.
        sqlstate: String,
        /// Its message.
        message: String,
        /// Its hint.
        hint: Option<String>,
    },
    /// pgdeck itself does not do it; nothing was done.
    Declined {
        /// Why, one sentence.
        #[serde(rename = "says")]
        message: String,
        /// What to do about it: a sentence or a statement.
        remedy: Option<String>,
    },
    /// Our own fault; the cause is in the log under this number.
    Internal {
        /// The incident number.
        incident: String,
    },
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("No such page or server. It may have been renamed or removed, or your role may not be allowed to see it."),
            Self::SignedOut => f.write_str("You are signed out. Sign in again to continue."),
            Self::Forbidden { needs } => {
                write!(f, "Your roles do not allow this; it needs {needs}.")
            }
            Self::Unreachable => f.write_str("pgdeck cannot be reached. Check that it is running."),
            Self::Refused { sqlstate, message, .. } => {
                write!(f, "PostgreSQL refused ({sqlstate}): {message}")
            }
            Self::Declined { message, remedy: None } => f.write_str(message),
            Self::Declined { message, remedy: Some(remedy) } => write!(f, "{message} {remedy}"),
            Self::Internal { incident } => {
                write!(f, "Internal error in pgdeck; see incident {incident} in its log.")
            }
        }
    }
}

impl std::error::Error for ApiError {}

#[cfg(feature = "server_fn")]
impl server_fn::error::FromServerFnError for ApiError {
    type Encoder = crate::wire::JsonText;

    /// A request that never arrived is `Unreachable`; anything else the transport complains of is
    /// our own fault, and the text is kept away from the page.
    fn from_server_fn_error(value: server_fn::error::ServerFnErrorErr) -> Self {
        match value {
            server_fn::error::ServerFnErrorErr::Request(_)
            | server_fn::error::ServerFnErrorErr::Response(_) => Self::Unreachable,
            server_fn::error::ServerFnErrorErr::Args(_)
            | server_fn::error::ServerFnErrorErr::MissingArg(_) => Self::NotFound,
            server_fn::error::ServerFnErrorErr::Deserialization(_) => {
                Self::Internal { incident: UNREADABLE.into() }
            }
            _ => Self::Internal { incident: "a server function's transport".into() },
        }
    }
}
