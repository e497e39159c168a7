//! Locates the installed PostgreSQL majors. Never downloads.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Error;

/// The majors pgdeck supports, oldest first.
pub const SUPPORTED: [u16; 6] = [14, 15, 16, 17, 18, 19];
/// Of those the one that is not on npm: `.ci/postgres-19` fetches it where Debian experimental can be had.
pub const OPTIONAL: u16 = 19;

/// One installed PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Install {
    /// Its major version, as in 17.
    pub major: u16,
    /// The directory that holds `postgres` and `initdb`.
    pub bin: PathBuf,
}

/// The supported majors that are installed, oldest first.
pub fn majors() -> Vec<u16> {
    SUPPORTED.into_iter().filter(|major| find(*major).is_ok()).collect()
}

/// The newest installed major, without the optional one. Errors when there is none.
pub fn newest() -> Result<Install, Error> {
    let released = SUPPORTED.into_iter().rev().filter(|major| *major != OPTIONAL);
    released.into_iter().find_map(|major| find(major).ok()).ok_or(Error::NothingInstalled)
}

/// Whether tests pass a major over, because it is optional and not here; they say so.
pub fn passed_over(major: u16) -> bool {
    let absent = major == OPTIONAL && find(major).is_err();
    if absent {
        eprintln!("PostgreSQL {major} not here: passed over");
    }
    absent
}

/// Finds one major: `PGDECK_POSTGRES_<major>`, then the npm packages in this folder, then what
/// `.ci/postgres-19` unpacked, then Debian's place, then `PATH`. Errors with what to do when it is nowhere.
pub fn find(major: u16) -> Result<Install, Error> {
    if let Some(named) = std::env::var_os(format!("PGDECK_POSTGRES_{major}")) {
        // A wrong path in the variable is an error, never silently replaced by another install.
        let bin = PathBuf::from(named);
        return if complete(&bin) {
            Ok(Install { major, bin })
        } else {
            Err(Error::NotInstalled(major))
        };
    }
    let native = npm_folder().join(format!("node_modules/pg{major}/native"));
    let npm = native.join("bin");
    if complete(&npm) {
        restore_symlinks(&native)?;
        return Ok(Install { major, bin: npm });
    }
    let unpacked =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../../target/tools/pg{major}/bin"));
    if complete(&unpacked) {
        return Ok(Install { major, bin: unpacked });
    }
    let debian = PathBuf::from(format!("/usr/lib/postgresql/{major}/bin"));
    if complete(&debian) {
        return Ok(Install { major, bin: debian });
    }
    on_path(major).ok_or(Error::NotInstalled(major))
}

/// The folder whose `node_modules` holds the npm packages.
fn npm_folder() -> PathBuf {
    std::env::var_os("PGDECK_PLAYGROUND")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from)
}

fn complete(bin: &Path) -> bool {
    bin.join("postgres").is_file() && bin.join("initdb").is_file()
}

fn on_path(major: u16) -> Option<Install> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).filter(|bin| complete(bin)).find_map(|bin| {
        let answer = Command::new(bin.join("postgres")).arg("--version").output().ok()?;
        let answer = String::from_utf8_lossy(&answer.stdout).into_owned();
        (major_of(&answer)? == major).then_some(Install { major, bin })
    })
}

/// The major in an answer such as `postgres (PostgreSQL) 17.10`.
fn major_of(answer: &str) -> Option<u16> {
    let version =
        answer.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// npm archives carry no symbolic links: the packages list theirs in a file and make them in an install
/// script, which `npm install --ignore-scripts` leaves out. Makes those that are missing.
pub(crate) fn restore_symlinks(native: &Path) -> Result<(), Error> {
    #[derive(serde::Deserialize)]
    struct Link {
        source: PathBuf,
        target: PathBuf,
    }
    let list = native.join("pg-symlinks.json");
    let Ok(text) = std::fs::read_to_string(&list) else { return Ok(()) };
    let links: Vec<Link> = serde_json::from_str(&text).map_err(|error| {
        Error::file("understand", &list)(std::io::Error::new(ErrorKind::InvalidData, error))
    })?;
    let root = native.parent().unwrap_or(native);
    for link in links {
        let (Some(file), target) = (link.source.file_name(), root.join(&link.target)) else {
            continue;
        };
        match std::os::unix::fs::symlink(file, &target) {
            // Also when another process created it first.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            made => made.map_err(Error::file("link", &target))?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_major() {
        assert_eq!(major_of("postgres (PostgreSQL) 17.10"), Some(17));
        assert_eq!(major_of("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"), Some(15));
        assert_eq!(major_of("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major_of("postgres"), None);
    }

    #[test]
    fn says_what_to_do() {
        let said = find(9).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(said.contains("npm install"), "{said}");
    }
}
