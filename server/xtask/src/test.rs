//! The test run: formatting, one build that is linted as it compiles, unit and integration tests
//! (cargo-nextest where it is installed), the browser suite (Playwright).

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use crate::build::{self, Lints};
use crate::command::{self, Result, files_below, root, run};
use crate::phases::Phases;

/// The servers of all tests that run at once take 2 GiB at most; as much again for everything else, twice.
const MEMORY_KB: u64 = 8 << 20;

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
            let mut npx = command::new("npx");
            npx.args(["playwright", "test"]).current_dir(root().join("end2end"));
            in_memory(&mut npx);
            run(&mut npx)
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
    in_memory(&mut cargo);
    cargo
}

/// Lets a phase make its servers in memory, where there is enough of it: each is a thousand files, and ext4 looks long
/// for a free inode where many were deleted within five seconds (`recently_deleted` in its ialloc.c): a third of all
/// processor time.
fn in_memory(phase: &mut Command) {
    let memory = Path::new("/dev/shm");
    let free = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| available_kb(&text));
    if memory.is_dir() && free.is_some_and(|kb| kb >= MEMORY_KB) && free_kb(memory) >= MEMORY_KB {
        phase.env("TMPDIR", memory);
        // The templates of servers stay on the disk, where the demo finds them too.
        phase.env("PGDECK_PLAYGROUND_CACHE", std::env::temp_dir());
    }
}

/// `MemAvailable` of `/proc/meminfo` (proc(5)).
fn available_kb(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// What `df` says is free there; nothing where it cannot be asked.
fn free_kb(folder: &Path) -> u64 {
    let asked = Command::new("df").args(["--output=avail", "-k"]).arg(folder).output();
    let text = asked.map(|asked| asked.stdout).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    text.lines().last().and_then(|line| line.trim().parse().ok()).unwrap_or(0)
}

fn installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_is_available_is_read_in_kilobytes() {
        let text = "MemTotal:  24684084 kB\nMemFree: 1 kB\nMemAvailable:   21012345 kB\n";
        assert_eq!(available_kb(text), Some(21_012_345));
        assert_eq!(available_kb("MemTotal: 1 kB"), None);
    }

    #[test]
    fn what_is_free_in_a_folder_is_asked_of_df() {
        assert!(free_kb(Path::new("/")) > 0);
        assert_eq!(free_kb(Path::new("/no such folder")), 0);
    }
}
