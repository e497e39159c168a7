//! Cache of what is expensive to build (initdb's result, copied programs), in the temporary directory.
//! A lock file lets one process build an entry at a time, and a rename makes it appear complete.

use std::fs::{self, File};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::install::Install;
use crate::user::User;
use crate::{Error, cleanup, files};

/// The cached directory `name`; `build` fills an empty one on a cache miss.
pub(crate) fn get_or_build(
    name: &str,
    user: Option<User>,
    build: impl FnOnce(&Path) -> Result<(), Error>,
) -> Result<PathBuf, Error> {
    let cache = cache_dir()?;
    let home = cache.join(name);
    if home.is_dir() {
        return Ok(home);
    }
    let path = cache.join(format!("{name}.lock"));
    let lock = File::create(&path).map_err(Error::file("create", &path))?;
    lock.lock().map_err(Error::file("lock", &path))?;
    if home.is_dir() {
        return Ok(home);
    }
    // Built in a draft directory and renamed: a killed process leaves no incomplete entry.
    let draft = files::fresh("draft", user)?;
    cleanup::claim(&draft);
    let built = build(&draft).and_then(|()| {
        let complete = home.with_extension("new");
        files::remove(&complete);
        files::copy(&draft, &complete, user, &|path| path == Path::new(cleanup::OWNER))?;
        fs::rename(&complete, &home).map_err(Error::file("rename to", &home))
    });
    files::remove(&draft);
    built.map(|()| home)
}

/// The name of a cache entry: kind, major, and size and modification time of the binary.
pub(crate) fn entry_name(kind: &str, install: &Install) -> String {
    let stamp = fs::metadata(install.bin.join("postgres"));
    let stamp =
        stamp.map(|meta| format!("{:x}_{:x}", meta.size(), meta.mtime())).unwrap_or_default();
    format!("{kind}{}_{stamp}", install.major)
}

/// Where the cache directory is, unless it is where servers are: those may be in memory, which a cache would hold on to.
const FOLDER: &str = "PGDECK_PLAYGROUND_CACHE";

/// The cache directory. Refused unless it belongs to this user and no other may write to it.
fn cache_dir() -> Result<PathBuf, Error> {
    let me = rustix::process::geteuid().as_raw();
    let folder = std::env::var_os(FOLDER).map_or_else(std::env::temp_dir, PathBuf::from);
    let cache = folder.join(format!("{}-cache-{me}", files::PREFIX));
    let _ = fs::DirBuilder::new().mode(0o755).create(&cache);
    let found = fs::symlink_metadata(&cache).map_err(Error::file("create", &cache))?;
    if found.is_dir() && found.uid() == me && found.mode() & 0o022 == 0 {
        return Ok(cache);
    }
    let denied =
        std::io::Error::other("it belongs to somebody else or others may write there; remove it");
    Err(Error::file("trust", cache)(denied))
}
