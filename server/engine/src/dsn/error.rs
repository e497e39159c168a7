//! Errors of DSN parsing. Knows keys and positions; never repeats a value that could be, or be part
//! of, a password.

/// Why a DSN cannot be used: one sentence that names the key or position and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DsnError(String);

impl DsnError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}
