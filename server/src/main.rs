//! Entry point of the binary `pgdeck`; everything else is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    server::main()
}
