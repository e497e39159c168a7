//! Child processes: how they are made, run and reported. Every error is one sentence.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The result of a task; the error is a sentence for people.
pub type Result<T> = std::result::Result<T, String>;

/// The repository.
pub fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).unwrap_or(package)
}

/// Cargo's target directory.
pub fn target() -> PathBuf {
    let named = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    root().join(named.unwrap_or_else(|| "target".into()))
}

/// A command that runs in the repository.
///
/// Variables that `cargo run` sets for us would otherwise reach the build scripts of the cargo that
/// we start, which then build their packages anew.
pub fn new(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Result<()> {
    let name = name(command);
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{name} failed ({status})")),
        Err(error) => Err(format!("{name} cannot be started: {error}")),
    }
}

/// Runs cargo to its end; a warning of rustc or clippy is an error, also one that cargo only repeats
/// from an earlier build. (`-D warnings` would compile anew what was built without it.)
pub fn run_without_warnings(cargo: &mut Command) -> Result<()> {
    let name = name(cargo);
    let cannot_start = |error| format!("{name} cannot be started: {error}");
    let mut child = cargo.stderr(Stdio::piped()).spawn().map_err(cannot_start)?;
    let mut warnings = 0;
    if let Some(stderr) = child.stderr.take() {
        for line in BufReader::new(stderr).lines().map_while(std::io::Result::ok) {
            warnings += usize::from(is_warning(&line));
            eprintln!("{line}");
        }
    }
    match child.wait() {
        Ok(status) if !status.success() => Err(format!("{name} failed ({status})")),
        Err(error) => Err(format!("{name} cannot be waited for: {error}")),
        Ok(_) if warnings > 0 => {
            Err(format!("{name} gave {warnings} warnings, which fail the tests"))
        }
        Ok(_) => Ok(()),
    }
}

/// Whether a line begins a warning of the compiler: `warning: …` or `warning[code]: …`.
fn is_warning(line: &str) -> bool {
    line.strip_prefix("warning").is_some_and(|rest| rest.starts_with([':', '[']))
}

/// The program of a command and its first argument.
pub fn name(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args().take(1));
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// Reads a file whole.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

/// Reads a text file whole.
pub fn read_text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))
}

/// Writes a file whole.
pub fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    std::fs::write(path, content)
        .map_err(|error| format!("cannot write {}: {error}", path.display()))
}

/// The files below a folder, sorted by path; a folder that is not there has none.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            let name = entry.file_name();
            if name != "node_modules" && name != "target" {
                found.extend(files_below(&path));
            }
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bash(script: &str) -> Command {
        let mut bash = new("bash");
        bash.args(["-c", script]);
        bash
    }

    #[test]
    fn a_warning_fails_what_else_succeeds() {
        assert_eq!(run_without_warnings(&mut bash("echo '  warning: quoted' >&2")), Ok(()));
        let error = run_without_warnings(&mut bash("echo 'warning: unused' >&2")).unwrap_err();
        assert_eq!(error, "bash -c gave 1 warnings, which fail the tests");
        let error = run_without_warnings(&mut bash("exit 3")).unwrap_err();
        assert_eq!(error, "bash -c failed (exit status: 3)");
    }

    #[test]
    fn a_program_that_is_missing_is_named() {
        let error = run(&mut new("no-such-program")).unwrap_err();
        assert!(error.starts_with("no-such-program cannot be started: "), "{error}");
    }
}
