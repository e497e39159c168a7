//! Programs that the unprivileged user cannot reach, such as those under root's home: it gets a copy.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::install::{self, Install};
use crate::user::User;
use crate::{Error, files, shelf};

/// The install itself when `user` can run it, else a copy that belongs to that user.
pub(crate) fn reachable(install: Install, user: Option<User>) -> Result<Install, Error> {
    let (Some(who), Some(prefix)) = (user, install.bin.parent()) else { return Ok(install) };
    if install.bin.ancestors().all(|folder| passable(folder, who)) {
        return Ok(install);
    }
    // The list of symbolic links names them below a folder `native`.
    let copy = |draft: &Path| files::copy(prefix, &draft.join("native"), user, &|_| false);
    let native = shelf::once(&shelf::name("programs", &install), user, copy)?.join("native");
    install::restore_symlinks(&native)?;
    Ok(Install { major: install.major, bin: native.join("bin") })
}

fn passable(folder: &Path, who: User) -> bool {
    let Ok(found) = folder.metadata() else { return false };
    let bit = match (found.uid() == who.uid, found.gid() == who.gid) {
        (true, _) => 0o100,
        (false, true) => 0o010,
        (false, false) => 0o001,
    };
    found.mode() & bit != 0
}
