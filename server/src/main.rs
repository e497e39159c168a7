//! The binary `pgdeck`; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    server::main()
}
