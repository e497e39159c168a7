//! One pgdeck serves a data directory: two would record every reading twice.

use std::fs::{File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The name of the locked file in a data directory.
pub const FILE: &str = "pgdeck.lock";

/// A lock of this process on a file; it is released when this is dropped, and when the process dies in any way.
#[derive(Debug)]
pub struct Lock {
    _file: Option<File>,
}

/// Another process holds the lock.
#[derive(Debug, PartialEq, Eq)]
pub struct Held {
    /// The other process, as far as it has said so.
    pub pid: Option<u32>,
}

impl Held {
    /// Who holds it: `another pgdeck (process 4711)`.
    pub fn who(&self) -> String {
        match self.pid {
            Some(pid) => format!("another pgdeck (process {pid})"),
            None => "another pgdeck".into(),
        }
    }
}

/// Locks the file, which is made where it is missing. A file system without locks, or one that takes no write,
/// keeps nobody from starting.
///
/// Errors: another process holds it.
pub fn lock(path: &Path) -> Result<Lock, Held> {
    let mut options = File::options();
    options.create(true).read(true).write(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let without = |error: &std::io::Error| {
        tracing::warn!(%error, path = %path.display(), "there is no lock against a second pgdeck");
        Ok(Lock { _file: None })
    };
    let mut file = match options.open(path) {
        Ok(file) => file,
        Err(error) => return without(&error),
    };
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let text = std::fs::read_to_string(path).unwrap_or_default();
            return Err(Held { pid: text.trim().parse().ok() });
        }
        Err(TryLockError::Error(error)) => return without(&error),
    }
    // Only a help for whoever finds it locked.
    let named = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
    if let Err(error) = named {
        tracing::debug!(%error, "the lock does not name its process");
    }
    Ok(Lock { _file: Some(file) })
}

/// The file that is locked for a store outside the data directory.
pub fn beside(store: &Path) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_held_by_one_and_names_its_process() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let first = lock(&path).unwrap();
        let held = lock(&path).unwrap_err();
        assert_eq!(held.who(), format!("another pgdeck (process {})", std::process::id()));
        drop(first);
        assert!(lock(&path).is_ok());
        assert!(lock(&folder.path().join("none/such")).is_ok(), "it keeps nobody from starting");
    }
}
