//! Why a relay ended: sqlx sees no more than a closed socket.

use std::io;
use std::sync::{Arc, OnceLock};

use model::Reason;

use super::violation::Violation;
use crate::error::connect_reason;

/// Why a relay ended, where it was not pgdeck that wanted it: sqlx sees no more than a closed socket.
#[derive(Clone, Default)]
pub struct Ending(Arc<OnceLock<Ended>>);

/// See `Ending`.
pub enum Ended {
    /// The server's socket failed.
    Broken(sqlx::Error),
    /// The server sent what is beyond our limits.
    Violation(Violation),
}

impl Ending {
    /// Called by the relay before it closes sqlx's socket.
    pub fn tell(&self, why: Ended) {
        // There is one relay, and it ends once.
        let _ = self.0.set(why);
    }

    /// What to show of it.
    pub fn reason(&self, address: &str) -> Option<Reason> {
        Some(match self.0.get()? {
            Ended::Broken(error) => connect_reason(error, address),
            Ended::Violation(violation) => violation.reason(address),
        })
    }
}

impl From<io::Error> for Ended {
    fn from(error: io::Error) -> Self {
        Self::Broken(error.into())
    }
}

impl From<Violation> for Ended {
    fn from(violation: Violation) -> Self {
        Self::Violation(violation)
    }
}
