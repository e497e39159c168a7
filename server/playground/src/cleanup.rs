//! Cleanup after killed processes: stops their orphaned servers and removes their temporary directories.
//!
//! Only directories with our prefix whose owning process is gone are touched, and only processes that
//! have such a directory on their command line.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::files::{self, PREFIX};

/// The file in a temporary directory that names its owning process: pid and start time.
pub(crate) const OWNER: &str = "owner";

/// Records this process as the owner of `dir`.
pub(crate) fn claim(dir: &Path) {
    let pid = std::process::id();
    let _ = fs::write(dir.join(OWNER), format!("{pid} {}", start_time(pid).unwrap_or_default()));
}

/// Cleans up after dead processes, once per process.
pub(crate) fn run_once() {
    static DONE: Once = Once::new();
    DONE.call_once(|| {
        let Ok(entries) = fs::read_dir(std::env::temp_dir()) else { return };
        for dir in entries.flatten().map(|entry| entry.path()).filter(|dir| is_orphaned(dir)) {
            tracing::info!(dir = %dir.display(), "removing what an earlier process left behind");
            end_processes(&dir);
            files::remove(&dir);
        }
    });
}

/// Whether `dir` is a `pgdeck-playground-<kind>-<pid>-<n>` whose process is gone.
fn is_orphaned(dir: &Path) -> bool {
    let name = dir.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let Some(rest) = name.strip_prefix(PREFIX).and_then(|rest| rest.strip_prefix('-')) else {
        return false;
    };
    let Some(pid) = rest.rsplit('-').nth(1).and_then(|pid| pid.parse::<u32>().ok()) else {
        return false;
    };
    let Some(now) = start_time(pid) else { return true };
    // The kernel may have reused the pid.
    let recorded = fs::read_to_string(dir.join(OWNER)).ok();
    recorded
        .and_then(|text| text.split_whitespace().nth(1).map(|then| then != now))
        .unwrap_or(false)
}

/// When a process started, in the kernel's ticks since boot; `None` when it does not exist.
fn start_time(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The process name is in parentheses and may contain spaces; field 22 is the 20th after it.
    stat.rsplit_once(')')?.1.split_whitespace().nth(19).map(str::to_owned)
}

fn end_processes(dir: &Path) {
    let ours: Vec<Pid> =
        processes().filter(|(_, command)| runs_in(command, dir)).map(|(pid, _)| pid).collect();
    for pid in &ours {
        // A process stopped by SIGSTOP handles signals only after SIGCONT.
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

fn runs_in(command: &str, dir: &Path) -> bool {
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
    fn the_directory_of_a_running_process_is_kept() -> Result<(), Box<dyn std::error::Error>> {
        let dir = files::fresh("test", None)?;
        claim(&dir);
        assert!(!is_orphaned(&dir));
        fs::write(dir.join(OWNER), format!("{} 1", std::process::id()))?;
        assert!(is_orphaned(&dir), "the pid was reused by another process");
        files::remove(&dir);
        assert!(!is_orphaned(Path::new("/tmp/pgdeck-playground-cache-0")));
        Ok(())
    }

    #[test]
    fn only_servers_of_that_directory_are_ended() {
        let dir = Path::new("/tmp/pgdeck-playground-pg17-7-0");
        assert!(runs_in("/opt/bin/postgres\0-D\0/tmp/pgdeck-playground-pg17-7-0/data", dir));
        assert!(!runs_in("/opt/bin/postgres\0-D\0/tmp/pgdeck-playground-pg17-7-01/data", dir));
        assert!(!runs_in("vi\0/tmp/pgdeck-playground-pg17-7-0/data/postgresql.conf", dir));
    }
}
