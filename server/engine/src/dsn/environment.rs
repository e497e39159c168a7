//! The environment of a DSN as libpq sees it: `PG*` variables, home directory, files.
//!
//! A plain value, so that parsing is a pure function of it and tests can make one up.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A text file as found.
#[derive(Clone, Debug)]
pub struct TextFile {
    /// Its content.
    pub text: String,
    /// Its Unix permission bits, None where the system has none.
    pub mode: Option<u32>,
}

/// How files are looked at.
pub trait Files: Send + Sync {
    /// Reads a whole file. Errors as the operating system gives them.
    fn read(&self, path: &Path) -> io::Result<TextFile>;
    /// Whether something is there.
    fn exists(&self, path: &Path) -> bool;
}

/// The surroundings in which a DSN is read.
#[derive(Clone)]
pub struct Environment {
    /// Environment variables.
    pub vars: BTreeMap<String, String>,
    /// The home directory.
    pub home: Option<PathBuf>,
    /// The operating system's name of the user: the default role.
    pub user: Option<String>,
    /// The file system.
    pub files: Arc<dyn Files>,
}

impl Environment {
    /// The surroundings of this process.
    pub fn of_process() -> Self {
        let vars: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let user = vars.get("USER").or_else(|| vars.get("LOGNAME")).cloned();
        Self { vars, home: std::env::home_dir(), user, files: Arc::new(Disk) }
    }

    /// Nothing at all: no variables, no home, no files.
    pub fn empty() -> Self {
        Self { vars: BTreeMap::new(), home: None, user: None, files: Arc::new(NoFiles) }
    }

    /// A variable, when it is set and not empty (libpq treats empty as unset).
    pub(super) fn var(&self, name: &str) -> Option<&str> {
        self.vars.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

impl fmt::Debug for Environment {
    /// Names only: PGPASSWORD is among the values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.vars.keys().collect();
        f.debug_struct("Environment").field("vars", &names).field("home", &self.home).finish()
    }
}

struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path) -> io::Result<TextFile> {
        let text = std::fs::read_to_string(path)?;
        Ok(TextFile { text, mode: mode(path) })
    }

    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }
}

#[cfg(unix)]
fn mode(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).ok().map(|found| found.permissions().mode() & 0o777)
}

#[cfg(not(unix))]
fn mode(_: &Path) -> Option<u32> {
    None
}

struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _: &Path) -> io::Result<TextFile> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn exists(&self, _: &Path) -> bool {
        false
    }
}
