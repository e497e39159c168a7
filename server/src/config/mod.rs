//! Configuration: command line over environment variables over `pgdeck.toml`, merged once at start.
//!
//! Error messages name the key. Never connects.

mod audit_places;
mod description;
mod file;
mod private;
mod servers;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use engine::dsn::Environment;
use engine::{Limits, ServerConfig};
use history::Address;
use url::Url;

use crate::cli::Serve;
use crate::cli::error::Failure;

pub use audit_places::AuditPlaces;
pub use file::ExplainAnalyze;
pub use servers::one as one_server;

/// The default listen address.
pub const DEFAULT_LISTEN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8432);

/// The file of the history store in the data directory.
pub const HISTORY_FILE: &str = "history.sqlite";

/// The shortest token that lets marks be set: nobody guesses one of this length.
const LEAST_TOKEN_BYTES: usize = 16;

/// Where the history is kept.
#[derive(Clone, Debug)]
pub enum HistoryPlace {
    /// In a file.
    File(PathBuf),
    /// In a database that several processes share.
    Shared(Box<Address>),
}

/// The merged configuration.
pub struct Config {
    /// Listen address.
    pub listen: SocketAddr,
    /// Data directory: users, sessions, audit log.
    pub data_dir: PathBuf,
    /// Where the history is kept; None when none is.
    pub history: Option<HistoryPlace>,
    /// The URL of pgdeck for browsers, behind a reverse proxy.
    pub public_url: Option<Url>,
    /// Bearer token for `/metrics`.
    pub metrics_token: Option<String>,
    /// Bearer token for `POST /mark`.
    pub mark_token: Option<String>,
    /// Roles that may run EXPLAIN ANALYZE.
    pub explain_analyze: ExplainAnalyze,
    /// The servers to watch.
    pub servers: Vec<ServerConfig>,
    /// Limits of rules.
    pub limits: Limits,
    /// Where the head of the audit log is kept.
    pub audit: AuditPlaces,
    /// What is recorded of all this, without secrets.
    pub description: Vec<String>,
    /// Sentences about secrets that others can read, for the log once pgdeck has started.
    pub warnings: Vec<String>,
}

/// Merges command line, environment and file. Errors name the key.
pub fn load(serve: &Serve, env: &Environment) -> Result<Config, Failure> {
    let file = file::read(serve.place.config.as_deref())?;
    let vars = &env.vars;
    let listen = serve.listen.as_deref().map(|text| ("--listen", text));
    let listen = listen.or_else(|| var(vars, "PGDECK_LISTEN").map(|text| ("PGDECK_LISTEN", text)));
    let listen = listen.or_else(|| file.listen.as_deref().map(|text| ("the key listen", text)));
    let url = var(vars, "PGDECK_PUBLIC_URL").or(file.public_url.as_deref());
    let data_dir = data_dir(serve.place.data_dir.clone(), file.data_dir.clone(), env)?;
    let mut config = Config {
        audit: audit_places::places(&file, env, &data_dir)?,
        description: Vec::new(),
        warnings: Vec::new(),
        listen: listen.map_or(Ok(DEFAULT_LISTEN), |(place, text)| address(place, text))?,
        history: history(var(vars, "PGDECK_HISTORY").or(file.history.as_deref()), &data_dir)?,
        data_dir,
        public_url: url.map(public_url).transpose()?,
        metrics_token: metrics_token(&file, vars)?,
        mark_token: mark_token(&file, vars)?,
        explain_analyze: explain_analyze(&file, vars)?,
        servers: if serve.recording.is_some() {
            Vec::new()
        } else {
            servers::all(&serve.dsns, &file, env)?
        },
        limits: file.limits()?,
    };
    config.description = description::lines(&config, &file);
    config.warnings = private::warnings(serve, &file, env);
    Ok(config)
}

/// Only the data directory, for `pgdeck user`.
pub fn data_directory(place: &crate::cli::Place, env: &Environment) -> Result<PathBuf, Failure> {
    let file = file::read(place.config.as_deref())?;
    data_dir(place.data_dir.clone(), file.data_dir, env)
}

/// Only where the head of the audit log is kept, for `pgdeck user` and `pgdeck audit`.
pub fn audit_places(place: &crate::cli::Place, env: &Environment) -> Result<AuditPlaces, Failure> {
    let file = file::read(place.config.as_deref())?;
    let data_dir = data_dir(place.data_dir.clone(), file.data_dir.clone(), env)?;
    audit_places::places(&file, env, &data_dir)
}

/// Only where the history is kept, for `pgdeck backup-history`; None when none is.
pub fn history_place(
    place: &crate::cli::Place,
    env: &Environment,
) -> Result<Option<HistoryPlace>, Failure> {
    let file = file::read(place.config.as_deref())?;
    let data_dir = data_dir(place.data_dir.clone(), file.data_dir.clone(), env)?;
    history(var(&env.vars, "PGDECK_HISTORY").or(file.history.as_deref()), &data_dir)
}

/// Only the servers of a command line, for `pgdeck record`: without any, the one that `PG*` variables
/// describe.
pub fn named_servers(dsns: &[String], env: &Environment) -> Result<Vec<ServerConfig>, Failure> {
    match dsns {
        [] => Ok(vec![one_server("", env)?]),
        dsns => servers::all(dsns, &file::File::default(), env),
    }
}

/// Only the limits, for `pgdeck check`.
pub fn limits(path: Option<&std::path::Path>) -> Result<Limits, Failure> {
    file::read(path)?.limits()
}

/// Parses a listen address; `place` names its source in error messages.
pub fn address(place: &str, text: &str) -> Result<SocketAddr, Failure> {
    let loopback = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
    loopback.as_deref().unwrap_or(text).parse().map_err(|_| {
        Failure::usage(format!(
            "{place} is {text:?}, which is not an address with a port; write it like 127.0.0.1:8432 or [::1]:8432."
        ))
    })
}

fn var<'a>(vars: &'a BTreeMap<String, String>, name: &str) -> Option<&'a str> {
    vars.get(name).map(String::as_str).filter(|value| !value.is_empty())
}

fn data_dir(
    given: Option<PathBuf>,
    from_file: Option<PathBuf>,
    env: &Environment,
) -> Result<PathBuf, Failure> {
    let from_env = || var(&env.vars, "PGDECK_DATA_DIR").map(PathBuf::from);
    let default = || {
        let base = var(&env.vars, "XDG_DATA_HOME").map(PathBuf::from);
        let base = base.or_else(|| Some(env.home.as_ref()?.join(".local/share")))?;
        Some(base.join("pgdeck"))
    };
    given.or_else(from_env).or(from_file).or_else(default).ok_or_else(|| {
        Failure::usage("there is no home directory to keep users and sessions in; name a directory with --data-dir.")
    })
}

/// Where the history is kept: in a file of the data directory unless another place is named.
fn history(
    text: Option<&str>,
    data_dir: &std::path::Path,
) -> Result<Option<HistoryPlace>, Failure> {
    let Some(text) = text else {
        return Ok(Some(HistoryPlace::File(data_dir.join(HISTORY_FILE))));
    };
    if text == "off" {
        return Ok(None);
    }
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        let address = Address::parse(text).map_err(Failure::usage)?;
        return Ok(Some(HistoryPlace::Shared(Box::new(address))));
    }
    if let Some(path) = text.strip_prefix("sqlite:").filter(|path| !path.is_empty()) {
        return Ok(Some(HistoryPlace::File(PathBuf::from(path))));
    }
    // What is no path may be a URL with a mistake in it, and a password.
    let named = if text.contains("://") { "a URL".to_owned() } else { format!("{text:?}") };
    Err(Failure::usage(format!(
        "history is {named}; write off, sqlite: and the path of a file, or a postgres:// URL."
    )))
}

fn public_url(text: &str) -> Result<Url, Failure> {
    Url::parse(text)
        .ok()
        .filter(|url| {
            matches!(url.scheme(), "http" | "https") && url.has_host() && url.path() == "/"
        })
        .ok_or_else(|| {
            Failure::usage(format!(
                "public_url is {text:?}; write it like https://pgdeck.example.org, without a path."
            ))
        })
}

fn metrics_token(
    file: &file::File,
    vars: &BTreeMap<String, String>,
) -> Result<Option<String>, Failure> {
    let direct = var(vars, "PGDECK_METRICS_TOKEN").map(str::to_owned);
    let path = var(vars, "PGDECK_METRICS_TOKEN_FILE").map(PathBuf::from);
    let from_env = secret("metrics_token", direct, path)?;
    match from_env {
        Some(token) => Ok(Some(token)),
        None => {
            secret("metrics_token", file.metrics_token.clone(), file.metrics_token_file.clone())
        }
    }
}

fn mark_token(
    file: &file::File,
    vars: &BTreeMap<String, String>,
) -> Result<Option<String>, Failure> {
    let direct = var(vars, "PGDECK_MARK_TOKEN").map(str::to_owned);
    let path = var(vars, "PGDECK_MARK_TOKEN_FILE").map(PathBuf::from);
    let from_env = secret("mark_token", direct, path)?;
    let from_file = || secret("mark_token", file.mark_token.clone(), file.mark_token_file.clone());
    let token = from_env.map_or_else(from_file, |token| Ok(Some(token)))?;
    match token {
        Some(token) if token.trim().len() < LEAST_TOKEN_BYTES => Err(Failure::usage(format!(
            "mark_token is shorter than {LEAST_TOKEN_BYTES} characters; take a long random text."
        ))),
        token => Ok(token),
    }
}

fn explain_analyze(
    file: &file::File,
    vars: &BTreeMap<String, String>,
) -> Result<ExplainAnalyze, Failure> {
    let Some(word) = var(vars, "PGDECK_EXPLAIN_ANALYZE") else {
        return Ok(file.explain_analyze.unwrap_or_default());
    };
    word.parse().map_err(|_| {
        Failure::usage(format!(
            "PGDECK_EXPLAIN_ANALYZE is {word:?}; set it to refuse_superuser or allow_superuser."
        ))
    })
}

/// A secret given directly or as the path of a file that holds it.
fn secret(
    key: &str,
    direct: Option<String>,
    path: Option<PathBuf>,
) -> Result<Option<String>, Failure> {
    match (direct, path) {
        (Some(_), Some(_)) => {
            Err(Failure::usage(format!("both {key} and {key}_file are set; keep one of them.")))
        }
        (None, Some(path)) => std::fs::read_to_string(&path)
            .map(|text| Some(text.trim().to_owned()))
            .map_err(|error| {
                Failure::usage(format!(
                    "{key}_file names {}, which cannot be read: {error}.",
                    path.display()
                ))
            }),
        (direct, None) => Ok(direct),
    }
}
