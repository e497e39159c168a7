//! Removes what a killed process left behind: its servers and their directories.
//!
//! Only directories with our prefix whose starter is gone are touched, and only processes that were
//! started with such a directory on their command line.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::files::{self, PREFIX};

/// The file in a directory of ours that tells who made it: pid and start time.
pub(crate) const OWNER: &str = "owner";

/// Notes that this process owns `dir`.
pub(crate) fn claim(dir: &Path) {
    let pid = std::process::id();
    let _ = fs::write(dir.join(OWNER), format!("{pid} {}", started(pid).unwrap_or_default()));
}

/// Cleans up after dead processes, once per process.
pub(crate) fn sweep() {
    static SWEPT: Once = Once::new();
    SWEPT.call_once(|| {
        let Ok(entries) = fs::read_dir(std::env::temp_dir()) else { return };
        for dir in entries.flatten().map(|entry| entry.path()).filter(|dir| abandoned(dir)) {
            tracing::info!(dir = %dir.display(), "removing what an earlier process left behind");
            end_processes(&dir);
            files::remove(&dir);
        }
    });
}

/// `pgdeck-playground-<kind>-<pid>-<n>` whose process is gone.
fn abandoned(dir: &Path) -> bool {
    let name = dir.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let Some(rest) = name.strip_prefix(PREFIX).and_then(|rest| rest.strip_prefix('-')) else {
        return false;
    };
    let Some(pid) = rest.rsplit('-').nth(1).and_then(|pid| pid.parse::<u32>().ok()) else {
        return false;
    };
    let Some(now) = started(pid) else { return true };
    // The number can have been given to another process since.
    let noted = fs::read_to_string(dir.join(OWNER)).ok();
    noted.and_then(|text| text.split_whitespace().nth(1).map(|then| then != now)).unwrap_or(false)
}

/// When a process started, in the kernel's ticks since boot; `None` when it does not exist.
fn started(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name is in parentheses and may hold spaces; field 22 is the 20th after it.
    stat.rsplit_once(')')?.1.split_whitespace().nth(19).map(str::to_owned)
}

fn end_processes(dir: &Path) {
    let ours: Vec<Pid> =
        processes().filter(|(_, command)| belongs(command, dir)).map(|(pid, _)| pid).collect();
    for pid in &ours {
        // A frozen server must be thawed to hear the rest.
        let _ = kill_process(*pid, Signal::CONT);
        let _ = kill_process(*pid, Signal::QUIT);
    }
    for _ in 0..100 {
        if !ours.iter().any(|pid| Path::new(&format!("/proc/{}", pid.as_raw_nonzero())).exists()) {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Every process with its command line, arguments separated by NUL.
fn processes() -> impl Iterator<Item = (Pid, String)> {
    fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|entry| {
        let pid = Pid::from_raw(entry.file_name().to_str()?.parse().ok()?)?;
        let command = fs::read(entry.path().join("cmdline")).ok()?;
        Some((pid, String::from_utf8_lossy(&command).into_owned()))
    })
}

fn belongs(command: &str, dir: &Path) -> bool {
    let mut words = command.split('\0');
    let program = words.next().map(PathBuf::from);
    let name = program.as_deref().and_then(Path::file_name).and_then(|name| name.to_str());
    matches!(name, Some("postgres" | "pgbouncer"))
        && words.any(|word| Path::new(word).starts_with(dir))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_living_starter_is_respected() -> Result<(), Box<dyn std::error::Error>> {
        let dir = files::fresh("test", None)?;
        claim(&dir);
        assert!(!abandoned(&dir));
        fs::write(dir.join(OWNER), format!("{} 1", std::process::id()))?;
        assert!(abandoned(&dir), "the number was given to another process");
        files::remove(&dir);
        assert!(!abandoned(Path::new("/tmp/pgdeck-playground-shelf-0")));
        Ok(())
    }

    #[test]
    fn only_servers_of_that_directory_belong() {
        let dir = Path::new("/tmp/pgdeck-playground-pg17-7-0");
        assert!(belongs("/opt/bin/postgres\0-D\0/tmp/pgdeck-playground-pg17-7-0/data", dir));
        assert!(!belongs("/opt/bin/postgres\0-D\0/tmp/pgdeck-playground-pg17-7-01/data", dir));
        assert!(!belongs("vi\0/tmp/pgdeck-playground-pg17-7-0/data/postgresql.conf", dir));
    }
}
