//! Files with secrets that others can read are told of, as a password file is. They are used all the same:
//! whoever runs pgdeck may have set the mode on purpose, such as for a group.

use std::path::Path;

use engine::Dsn;

use super::file::File;

/// Told of `pgdeck.toml` with a secret in it.
pub fn warn_of_configuration(path: &Path, file: &File) {
    let dsns = file.servers.iter().flat_map(|server| [&server.dsn, &server.operate]);
    let mut texts = dsns.chain([&file.history]).flatten();
    let has_token = file.metrics_token.is_some() || file.mark_token.is_some();
    if has_token || texts.any(|text| Dsn::holds_password(text)) {
        warn(path);
    }
}

/// Told of a file with a DSN that holds a password.
pub fn warn_of_dsn(path: &Path) {
    if std::fs::read_to_string(path).is_ok_and(|text| Dsn::holds_password(&text)) {
        warn(path);
    }
}

/// Told of a file that is a secret, if others can read it.
pub fn warn(path: &Path) {
    if is_readable_by_others(path) {
        let path = path.display();
        tracing::warn!(
            "the file {path} holds a secret and others can read it; run chmod 0600 on it"
        );
    }
}

#[cfg(unix)]
fn is_readable_by_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|file| file.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_readable_by_others(_path: &Path) -> bool {
    false
}
