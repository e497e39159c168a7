//! File permissions of the PostgreSQL programs: where the unprivileged user may not execute them, such as
//! under root's home, it gets a copy.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::install::{self, Install};
use crate::user::User;
use crate::{Error, cache, files};

/// The install itself when `user` can run it, else a copy that belongs to that user.
pub(crate) fn executable_install(install: Install, user: Option<User>) -> Result<Install, Error> {
    let (Some(account), Some(prefix)) = (user, install.bin.parent()) else { return Ok(install) };
    if install.bin.ancestors().all(|folder| may_enter(folder, account)) {
        return Ok(install);
    }
    // The list of symbolic links names them below a folder `native`.
    let copy = |draft: &Path| files::copy(prefix, &draft.join("native"), user, &|_| false);
    let native =
        cache::get_or_build(&cache::entry_name("programs", &install), user, copy)?.join("native");
    install::restore_symlinks(&native)?;
    Ok(Install { major: install.major, bin: native.join("bin") })
}

fn may_enter(folder: &Path, user: User) -> bool {
    let Ok(found) = folder.metadata() else { return false };
    let bit = match (found.uid() == user.uid, found.gid() == user.gid) {
        (true, _) => 0o100,
        (false, true) => 0o010,
        (false, false) => 0o001,
    };
    found.mode() & bit != 0
}
