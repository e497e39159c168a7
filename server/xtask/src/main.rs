//! Build tasks of this repository (the "xtask" pattern): builds both halves of pgdeck, bundles the
//! WebAssembly modules, writes the style sheet, watches the sources and runs the tests.

mod advisories;
mod build;
mod bundle;
mod command;
mod dev;
mod licenses;
mod lock_file;
mod parallel;
mod phases;
mod reproducible;
mod sbom;
mod split_loader;
mod styles;
mod test;
mod version;

use std::path::Path;
use std::process::ExitCode;

use command::{Result, root, run};

const USAGE: &str = "\
Usage: cargo xtask COMMAND
  build dev|release   both halves of pgdeck: the browser part into target/site, then the binary
  release             the binary as it is given to others: reproducible, with the list of its parts
  bundle FOLDER       put what wasm-split-cli wrote in FOLDER into one file for each page
  styles FILE         write the style sheet
  licenses [write]    check the licences and sources of all crates, or write the list of /about
  advisories [FOLDER] check all crates for known faults, or copy those in a clone of RustSec's database
  sbom FILE           write what a release is made of, as CycloneDX JSON
  dev [ARGUMENTS]     run `pgdeck serve ARGUMENTS`, rebuilt and restarted on every change
  test [PHASE…]       format, build, unit, browser: all of them, or the named ones
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = if has_environment() { dispatch(&arguments) } else { with_environment(&arguments) };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether `.ci/env` of this repository was read.
fn has_environment() -> bool {
    let read_in =
        std::env::var_os("PGDECK_ROOT").and_then(|set| Path::new(&set).canonicalize().ok());
    read_in.is_some() && read_in == root().canonicalize().ok()
}

/// Starts itself again with the environment of `.ci/env`, which chooses the Rust toolchain.
fn with_environment(arguments: &[String]) -> Result<()> {
    let program = std::env::current_exe().map_err(|error| format!("no path to myself: {error}"))?;
    let mut bash = command::new("bash");
    bash.args(["-c", ". .ci/env && exec \"$0\" \"$@\""]).arg(program).args(arguments);
    run(&mut bash)
}

fn dispatch(arguments: &[String]) -> Result<()> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["build", "dev"] => build::dev(),
        ["build", "release"] => build::release(),
        ["release"] => build::shipped(),
        ["bundle", folder] => bundle::bundle(Path::new(folder)),
        ["styles", file] => styles::build(root(), Path::new(file)),
        ["dev", server @ ..] => dev::watch(server),
        ["licenses"] => licenses::check(),
        ["licenses", "write"] => licenses::write(),
        ["advisories"] => advisories::check(),
        ["advisories", database] => advisories::copy(Path::new(database)),
        ["sbom", file] => sbom::write(Path::new(file)),
        ["test", phases @ ..] => test::run_phases(phases),
        _ => Err(format!("unknown command.\n{USAGE}")),
    }
}
