//! Errors of the command line: exit codes (sysexits.h) and a one-sentence message.

use std::fmt;
use std::process::ExitCode;

use crate::log::without_dsn_passwords;

/// Bad usage: command line, configuration or DSN (EX_USAGE of sysexits.h).
pub const USAGE: u8 = 64;
/// The input is no plan (EX_DATAERR of sysexits.h).
pub const DATA: u8 = 65;
/// `check` could not judge: it could not look at the server, or rules could not run.
pub const NOT_CHECKED: u8 = 3;

/// `plan` and `plan diff` read a part of the input: figures or nodes may be missing.
pub const READ_IN_PART: u8 = 4;

/// A fatal error: exit code, and one sentence with the remedy.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    /// Something in the command line, the configuration or a DSN is wrong: exit code 64.
    pub fn usage(message: impl fmt::Display) -> Self {
        Self { code: USAGE, message: message.to_string() }
    }

    /// Invalid input data: exit code 65.
    pub fn data(message: impl fmt::Display) -> Self {
        Self { code: DATA, message: message.to_string() }
    }

    /// The environment does not allow it (port in use, directory not writable): exit code 1.
    pub fn failed(message: impl fmt::Display) -> Self {
        Self { code: 1, message: message.to_string() }
    }

    /// `check` or `record` could not look at the server: exit code 3.
    pub fn not_checked(message: impl fmt::Display) -> Self {
        Self { code: NOT_CHECKED, message: message.to_string() }
    }

    /// Prints the message to standard error and returns the exit code.
    pub fn report(&self) -> ExitCode {
        // An argument in the wrong place may be a DSN.
        eprintln!("pgdeck: {}", without_dsn_passwords(&self.message));
        ExitCode::from(self.code)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
