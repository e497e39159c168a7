//! Things that are made once per machine start and used by every server after: kept under the temporary
//! directory, made by one process at a time, never seen half made.

use std::fs::{self, File};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::install::Install;
use crate::user::User;
use crate::{Error, files, leftovers};

/// The directory `name` on the shelf; `make` fills an empty one when it is not there yet.
pub(crate) fn once(
    name: &str,
    user: Option<User>,
    make: impl FnOnce(&Path) -> Result<(), Error>,
) -> Result<PathBuf, Error> {
    let shelf = shelf()?;
    let home = shelf.join(name);
    if home.is_dir() {
        return Ok(home);
    }
    let path = shelf.join(format!("{name}.lock"));
    let lock = File::create(&path).map_err(Error::file("create", &path))?;
    lock.lock().map_err(Error::file("lock", &path))?;
    if home.is_dir() {
        return Ok(home);
    }
    // Made elsewhere and moved into place, so a killed process leaves no half of it.
    let draft = files::fresh("draft", user)?;
    leftovers::claim(&draft);
    let made = make(&draft).and_then(|()| {
        let whole = home.with_extension("new");
        files::remove(&whole);
        files::copy(&draft, &whole, user, &|path| path == Path::new(leftovers::OWNER))?;
        fs::rename(&whole, &home).map_err(Error::file("rename to", &home))
    });
    files::remove(&draft);
    made.map(|()| home)
}

/// Another binary, another name: its major, size and age.
pub(crate) fn name(kind: &str, install: &Install) -> String {
    let stamp = fs::metadata(install.bin.join("postgres"));
    let stamp =
        stamp.map(|meta| format!("{:x}_{:x}", meta.size(), meta.mtime())).unwrap_or_default();
    format!("{kind}{}_{stamp}", install.major)
}

/// The shelf itself: ours, and nobody else may write there, or we do not use it.
fn shelf() -> Result<PathBuf, Error> {
    let me = rustix::process::geteuid().as_raw();
    let shelf = std::env::temp_dir().join(format!("{}-shelf-{me}", files::PREFIX));
    let _ = fs::DirBuilder::new().mode(0o755).create(&shelf);
    let found = fs::symlink_metadata(&shelf).map_err(Error::file("create", &shelf))?;
    if found.is_dir() && found.uid() == me && found.mode() & 0o022 == 0 {
        return Ok(shelf);
    }
    let denied =
        std::io::Error::other("it belongs to somebody else or others may write there; remove it");
    Err(Error::file("trust", shelf)(denied))
}
