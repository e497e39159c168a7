//! Where the head of the audit log is kept outside the data directory: the keys `audit_anchor`,
//! `audit_copy` and `audit_syslog`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use engine::dsn::Environment;

use super::file::File;
use super::var;
use crate::cli::error::Failure;

/// Where the head of the audit log is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditPlaces {
    /// The directory of the key and of the anchored head; None when there is no home directory.
    pub anchor: Option<PathBuf>,
    /// A file that a line is added to for each record.
    pub copy: Option<PathBuf>,
    /// Whether the same line goes to syslog.
    pub syslog: bool,
}

/// The keys of `file` and the environment.
pub fn places(file: &File, env: &Environment, data_dir: &Path) -> Result<AuditPlaces, Failure> {
    let path = |name: &str, from_file: &Option<PathBuf>| {
        var(&env.vars, name).map(PathBuf::from).or_else(|| from_file.clone())
    };
    let anchor = path("PGDECK_AUDIT_ANCHOR", &file.audit_anchor);
    let copy = path("PGDECK_AUDIT_COPY", &file.audit_copy);
    for (key, path) in [("audit_anchor", &anchor), ("audit_copy", &copy)] {
        if path.as_ref().is_some_and(|path| path.starts_with(data_dir)) {
            return Err(Failure::usage(format!(
                "{key} is in the data directory {}, where whoever rewrites the audit log rewrites it too; name another place.",
                data_dir.display()
            )));
        }
    }
    let anchor = anchor.or_else(|| default_anchor(&env.vars, env.home.as_deref()));
    Ok(AuditPlaces { anchor, copy, syslog: file.audit_syslog.unwrap_or_default() })
}

fn default_anchor(vars: &BTreeMap<String, String>, home: Option<&Path>) -> Option<PathBuf> {
    let base = var(vars, "XDG_CONFIG_HOME").map(PathBuf::from);
    let base = base.or_else(|| Some(home?.join(".config")))?;
    Some(base.join("pgdeck"))
}
