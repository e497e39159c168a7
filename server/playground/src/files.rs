//! File operations: private temporary directories, copies of data directories, removal.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::Error;
use crate::user::{self, User};

/// The beginning of the name of every directory we make; [`crate::cleanup`] looks for it.
pub(crate) const PREFIX: &str = "pgdeck-playground";

/// A fresh directory that only `user` can enter: `<tmp>/pgdeck-playground-<kind>-<pid>-<n>`.
pub(crate) fn fresh(kind: &str, user: Option<User>) -> Result<PathBuf, Error> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let pid = std::process::id();
    loop {
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("{PREFIX}-{kind}-{pid}-{n}"));
        match fs::DirBuilder::new().mode(0o700).create(&path) {
            Ok(()) => {
                user::chown(&path, user)?;
                return Ok(path);
            }
            // Left by an earlier process with the same pid.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(Error::file("create", path)(error)),
        }
    }
}

/// Writes a file that only `user` can read.
pub(crate) fn write(path: &Path, text: &str, user: Option<User>) -> Result<(), Error> {
    fs::write(path, text).map_err(Error::file("write", path))?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
        .map_err(Error::file("protect", path))?;
    user::chown(path, user)
}

/// Copies a data directory. `skip` is asked for each entry by its path below `from`; a skipped
/// directory is made but stays empty. A file that disappears meanwhile is left out, because a running
/// server removes files while it is copied.
pub(crate) fn copy(
    from: &Path,
    to: &Path,
    user: Option<User>,
    skip: &dyn Fn(&Path) -> bool,
) -> Result<(), Error> {
    let mut open = vec![PathBuf::new()];
    while let Some(folder) = open.pop() {
        let target = to.join(&folder);
        match fs::DirBuilder::new().mode(0o700).create(&target) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                return Err(Error::file("create", target)(error));
            }
            _ => user::chown(&target, user)?,
        }
        if skip(&folder) {
            continue;
        }
        let source = from.join(&folder);
        let entries = match fs::read_dir(&source) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            entries => entries.map_err(Error::file("list", &source))?,
        };
        for entry in entries {
            let entry = entry.map_err(Error::file("list", &source))?;
            let path = folder.join(entry.file_name());
            let kind = match entry.file_type() {
                Ok(kind) => kind,
                Err(_) => continue,
            };
            if kind.is_dir() {
                open.push(path);
            } else if kind.is_file() && !skip(&path) {
                copy_file(&entry.path(), &to.join(&path), user)?;
            }
        }
    }
    Ok(())
}

fn copy_file(from: &Path, to: &Path, user: Option<User>) -> Result<(), Error> {
    match fs::copy(from, to) {
        Ok(_) => user::chown(to, user),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::file("copy to", to)(error)),
    }
}

/// Removes a temporary directory; a failure is only logged because it happens in `drop`.
pub(crate) fn remove(path: &Path) {
    // A process that is ending can still write a last file.
    for _ in 0..20 {
        match fs::remove_dir_all(path) {
            Ok(()) => return,
            Err(error) if error.kind() == ErrorKind::NotFound => return,
            Err(_) => std::thread::sleep(std::time::Duration::from_millis(50)),
        }
    }
    tracing::warn!(path = %path.display(), "could not remove a playground directory; remove it by hand");
}

/// The last `lines` lines of a text file, empty when it cannot be read.
pub(crate) fn tail(path: &Path, lines: usize) -> String {
    let bytes = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let all: Vec<&str> = text.lines().collect();
    all.get(all.len().saturating_sub(lines)..).unwrap_or_default().join("\n")
}
