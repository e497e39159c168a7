//! The test run: formatting, one build that is linted as it compiles, unit and integration tests
//! (cargo-nextest where it is installed), the browser suite (Playwright).

use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use crate::build::{self, Lints};
use crate::command::{self, Result, files_below, root, run};
use crate::phases::Phases;

const PHASES: [&str; 4] = ["format", "build", "unit", "browser"];

/// Runs the named phases, or all of them, in their order. `PGDECK_STARTED` is when set-up began, in
/// seconds since 1970.
pub fn run_phases(names: &[&str]) -> Result<()> {
    if let Some(unknown) = names.iter().find(|name| !PHASES.contains(name)) {
        return Err(format!("there is no phase {unknown}; there are {}", PHASES.join(", ")));
    }
    let start = Instant::now();
    let mut phases = Phases::default();
    let set_up = set_up_time();
    if let Some(set_up) = set_up {
        phases.note("set-up", set_up.as_secs());
    }
    let done = PHASES
        .iter()
        .filter(|name| names.is_empty() || names.contains(name))
        .try_for_each(|name| phase(name, &mut phases));
    let total = start.elapsed() + set_up.unwrap_or_default();
    eprint!("\n{}", phases.table(total.as_secs()));
    done
}

/// How long the set-up took before this program was started.
fn set_up_time() -> Option<Duration> {
    let began = std::env::var("PGDECK_STARTED").ok()?.parse().ok()?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?;
    now.checked_sub(Duration::from_secs(began))
}

fn phase(name: &str, phases: &mut Phases) -> Result<()> {
    match name {
        "format" => phases.time("format", format),
        "build" => {
            let times = build::both(&mut native(), Lints::Deny)?;
            phases.note("build: server, tests, lints", times.native);
            phases.note("build: browser part, at the same time", times.browser);
            Ok(())
        }
        "unit" => phases.time("unit and integration tests", || run(&mut unit())),
        _ => phases.time("browser suite", || {
            run(command::new("npx")
                .args(["playwright", "test"])
                .current_dir(root().join("end2end")))
        }),
    }
}

/// Checks every Rust file, those too that a macro declares: cargo fmt does not find them.
fn format() -> Result<()> {
    let mut files = files_below(&root().join("app"));
    files.extend(files_below(&root().join("server")));
    files.retain(|path| path.extension() == Some("rs".as_ref()));
    run(command::new("rustfmt").args(["--check", "--edition", "2024"]).args(files))
}

/// Everything that is compiled for this machine, in one invocation: with other packages or targets
/// cargo chooses other features of the dependencies and compiles them again.
fn native() -> Command {
    let mut cargo = command::new("cargo");
    cargo.args(["build", "--quiet", "--all-targets"]);
    cargo
}

fn unit() -> Command {
    let mut cargo = command::new("cargo");
    if installed("cargo-nextest") {
        cargo.args(["nextest", "run"]);
    } else {
        cargo.args(["test", "--no-fail-fast"]);
    }
    cargo
}

fn installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
