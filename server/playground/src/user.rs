//! The operating system user that servers run as: PostgreSQL refuses to run as root.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use crate::Error;

/// An unprivileged user to drop to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct User {
    pub uid: u32,
    pub gid: u32,
}

/// The user for servers: `None` when we are unprivileged already, else `postgres` or `nobody`.
pub(crate) fn unprivileged() -> Result<Option<User>, Error> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let passwd =
        std::fs::read_to_string("/etc/passwd").map_err(Error::file("read", "/etc/passwd"))?;
    ["postgres", "nobody"]
        .into_iter()
        .find_map(|name| named(&passwd, name))
        .map(Some)
        .ok_or(Error::NoUser)
}

fn named(passwd: &str, name: &str) -> Option<User> {
    let mut fields = passwd.lines().map(|line| line.split(':')).find_map(|mut fields| {
        let found = fields.next()? == name;
        found.then_some(fields)
    })?;
    let uid = fields.nth(1)?.parse().ok()?;
    let gid = fields.next()?.parse().ok()?;
    Some(User { uid, gid })
}

/// Makes `command` run as that user, away from our terminal's Ctrl-C.
pub(crate) fn drop_privileges(command: &mut Command, user: Option<User>) {
    if let Some(user) = user {
        command.uid(user.uid).gid(user.gid);
    }
    command.process_group(0);
}

/// Changes the owner of a file or directory (chown).
pub(crate) fn chown(path: &Path, user: Option<User>) -> Result<(), Error> {
    match user {
        Some(user) => std::os::unix::fs::lchown(path, Some(user.uid), Some(user.gid))
            .map_err(Error::file("give away", path)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_ids_by_name() {
        let passwd = "root:x:0:0:root:/:/bin/sh\npostgres:x:101:104::/var:/bin/sh\n";
        assert_eq!(named(passwd, "postgres"), Some(User { uid: 101, gid: 104 }));
        assert_eq!(named(passwd, "nobody"), None);
    }
}
