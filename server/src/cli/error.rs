//! How pgdeck ends: exit codes and the one sentence that goes with a failure.

use std::fmt;
use std::process::ExitCode;

/// Bad usage: command line, configuration or DSN (EX_USAGE of sysexits.h).
pub const USAGE: u8 = 64;
/// The input is no plan (EX_DATAERR of sysexits.h).
pub const DATA: u8 = 65;
/// `check` could not look at the server.
pub const NOT_CHECKED: u8 = 3;

/// Why pgdeck ends, as one sentence with what to do.
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

    /// What was given to read is not what it should be: exit code 65.
    pub fn data(message: impl fmt::Display) -> Self {
        Self { code: DATA, message: message.to_string() }
    }

    /// The surroundings do not allow it (port taken, directory not writable): exit code 1.
    pub fn failed(message: impl fmt::Display) -> Self {
        Self { code: 1, message: message.to_string() }
    }

    /// `check` or `record` could not look at the server: exit code 3.
    pub fn not_checked(message: impl fmt::Display) -> Self {
        Self { code: NOT_CHECKED, message: message.to_string() }
    }

    /// Says it on standard error and gives the exit code.
    pub fn report(&self) -> ExitCode {
        eprintln!("pgdeck: {self}");
        ExitCode::from(self.code)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
