//! The configuration file `pgdeck.toml` (serde): unknown keys and wrong types are reported with their line.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use engine::Limits;
use serde::Deserialize;
use toml::Spanned;

use crate::cli::error::Failure;

/// The file's keys.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Address to listen on.
    pub listen: Option<String>,
    /// Directory for users and sessions.
    pub data_dir: Option<PathBuf>,
    /// Where the history is kept: `off`, `sqlite:` and a path, or a `postgres://` URL.
    pub history: Option<String>,
    /// The URL of pgdeck for browsers.
    pub public_url: Option<String>,
    /// Bearer token for /metrics.
    pub metrics_token: Option<String>,
    /// The same, in a file.
    pub metrics_token_file: Option<PathBuf>,
    /// Bearer token for `POST /mark`.
    pub mark_token: Option<String>,
    /// The same, in a file.
    pub mark_token_file: Option<PathBuf>,
    /// Roles that may run EXPLAIN ANALYZE.
    pub explain_analyze: Option<ExplainAnalyze>,
    /// Directory of the key and the anchored head of the audit log.
    pub audit_anchor: Option<PathBuf>,
    /// A file that a line is added to for each record of the audit log.
    pub audit_copy: Option<PathBuf>,
    /// Whether the same line goes to syslog.
    pub audit_syslog: Option<bool>,
    /// `[[servers]]`.
    #[serde(default)]
    pub servers: Vec<FileServer>,
    /// `[rules."area/rule"]`: limits by name.
    #[serde(default)]
    pub rules: BTreeMap<Spanned<String>, BTreeMap<String, f64>>,
    /// Path and text of the file, for error messages.
    #[serde(skip)]
    source: Source,
}

/// The key `explain_analyze`: roles as which a statement may be planned or executed. For a superuser PostgreSQL
/// checks no privileges, so only pgdeck's guard protects the server; the administrator decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExplainAnalyze {
    /// Any role but a superuser.
    #[default]
    RefuseSuperuser,
    /// The role of the DSN, also a superuser.
    AllowSuperuser,
}

impl std::str::FromStr for ExplainAnalyze {
    type Err = model::named::UnknownName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "refuse_superuser" => Ok(Self::RefuseSuperuser),
            "allow_superuser" => Ok(Self::AllowSuperuser),
            _ => Err(model::named::UnknownName),
        }
    }
}

/// One `[[servers]]` table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileServer {
    /// Its name, as in URLs.
    pub name: Spanned<String>,
    /// DSN for reading.
    pub dsn: Option<String>,
    /// The same, in a file.
    pub dsn_file: Option<PathBuf>,
    /// DSN for operator actions.
    pub operate: Option<String>,
    /// The same, in a file.
    pub operate_file: Option<PathBuf>,
    /// Labels for the fleet page.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// The cores of its machine, for the chart of its load.
    pub cores: Option<NonZeroU32>,
}

#[derive(Debug, Default)]
struct Source {
    path: String,
    text: String,
}

impl File {
    /// `file, line n`, for messages about the byte at `at`.
    pub fn place(&self, at: usize) -> String {
        format!("{}, line {}", self.source.path, line_of(&self.source.text, at))
    }

    /// The limits that `[rules]` sets.
    pub fn limits(&self) -> Result<Limits, Failure> {
        let mut limits = Limits::default();
        for (rule, values) in &self.rules {
            for (limit, value) in values {
                engine::rules::set_limit(&mut limits, rule.get_ref(), limit, *value).map_err(
                    |message| {
                        Failure::usage(format!("{}: {message}", self.place(rule.span().start)))
                    },
                )?;
            }
        }
        Ok(limits)
    }
}

/// Reads the file; without a path, the default.
pub fn read(path: Option<&Path>) -> Result<File, Failure> {
    let Some(path) = path else { return Ok(File::default()) };
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::usage(format!("the configuration {} cannot be read: {error}.", path.display()))
    })?;
    parse(&path.display().to_string(), text)
}

/// Parses the text; `path` names the file in error messages.
pub fn parse(path: &str, text: String) -> Result<File, Failure> {
    match toml::from_str::<File>(&text) {
        Ok(file) => Ok(File { source: Source { path: path.into(), text }, ..file }),
        Err(error) => Err(Failure::usage(sentence(path, &text, &error))),
    }
}

fn sentence(path: &str, text: &str, error: &toml::de::Error) -> String {
    let message = error.message().lines().next().unwrap_or("it is not TOML");
    let Some(span) = error.span() else { return format!("{path}: {message}; correct it.") };
    let number = line_of(text, span.start);
    let line = text.lines().nth(number.saturating_sub(1)).unwrap_or_default();
    match line.split_once('=') {
        // Only the key is repeated: the value may be a secret.
        Some((key, _)) => {
            format!("{path}, line {number}, key {}: {message}; correct it.", key.trim())
        }
        None => format!("{path}, line {number}: {message}; correct it."),
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}
