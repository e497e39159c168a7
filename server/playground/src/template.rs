//! Template data directories: `initdb` runs once per version (two seconds), each server gets a copy
//! (a few hundredths of a second).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::install::Install;
use crate::user::{self, User};
use crate::{Error, cache, client, files, options};

/// An initialised data directory and the password of its superuser `postgres`.
pub(crate) struct Template {
    pub data: PathBuf,
    pub password: String,
}

/// The template for this install; made on first use.
pub(crate) fn for_install(install: &Install, user: Option<User>) -> Result<Template, Error> {
    let home = cache::get_or_build(&cache::entry_name("data", install), user, |draft| {
        init(install, user, draft)
    })?;
    let secret = home.join("password");
    let password = fs::read_to_string(&secret).map_err(Error::file("read", secret))?;
    Ok(Template { data: home.join("data"), password: password.trim().to_owned() })
}

fn init(install: &Install, user: Option<User>, draft: &Path) -> Result<(), Error> {
    let (secret, data) = (draft.join("password"), draft.join("data"));
    files::write(&secret, &client::secret()?, user)?;
    let mut command = Command::new(install.bin.join("initdb"));
    command
        .arg("--pgdata")
        .arg(&data)
        .args(["--username=postgres", "--encoding=UTF8", "--locale=C"])
        .args(["--no-sync"])
        .args(["--auth-local=trust", "--auth-host=scram-sha-256"])
        .arg("--pwfile")
        .arg(&secret)
        .current_dir("/");
    user::drop_privileges(&mut command, user);
    let out = command.output().map_err(Error::file("start", install.bin.join("initdb")))?;
    if !out.status.success() {
        let log = String::from_utf8_lossy(&out.stderr).trim().to_owned();
        return Err(Error::Program {
            program: format!("initdb of PostgreSQL {}", install.major),
            log,
        });
    }
    let conf = data.join("postgresql.conf");
    let text = fs::read_to_string(&conf).map_err(Error::file("read", &conf))?;
    // The last setting of a name wins: each server's own file overrides what initdb wrote.
    files::write(&conf, &format!("{text}\ninclude_if_exists = '{}'\n", options::FILE), user)
}
