//! The watched servers from file, environment variables and command line, each with a unique name.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::path::PathBuf;

use engine::dsn::Environment;
use engine::{Dsn, ServerConfig};
use model::ServerId;

use super::file::{File, FileServer};
use super::{secret, var};
use crate::cli::error::Failure;

/// All servers: those of the file, then those of the command line; without either, the one that
/// `PG*` variables describe.
pub fn all(dsns: &[String], file: &File, env: &Environment) -> Result<Vec<ServerConfig>, Failure> {
    let mut servers = Vec::new();
    let mut names = BTreeSet::new();
    for server in &file.servers {
        let place = file.place(server.name.span().start);
        let name = server.name.get_ref();
        check_name(name).map_err(|message| Failure::usage(format!("{place}: {message}")))?;
        if !names.insert(folded(name)) {
            return Err(Failure::usage(format!(
                "{place}: there are two servers named {name:?}, apart from case and punctuation; give each its own name."
            )));
        }
        servers.push(from_file(name, server, &place, env)?);
    }
    let described = ["PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE"];
    let by_variables = || described.iter().any(|name| var(&env.vars, name).is_some());
    let only_variables = [String::new()];
    let dsns = if dsns.is_empty() && servers.is_empty() && by_variables() {
        &only_variables
    } else {
        dsns
    };
    for (index, text) in dsns.iter().enumerate() {
        let dsn = parse(text, env).map_err(|message| {
            Failure::usage(format!("DSN {} of the command line: {message}", index + 1))
        })?;
        let name = unique(&default_name(&dsn), &mut names);
        servers.push(ServerConfig {
            id: ServerId::new(name),
            dsn,
            operate: None,
            labels: Vec::new(),
            cores: None,
        });
    }
    if servers.is_empty() {
        return Err(Failure::usage(
            "there is no server to watch; give one as in pgdeck serve postgres://user@host/database, or in the file given with --config.",
        ));
    }
    Ok(servers)
}

/// The one server of `check` and `record`.
pub fn one(text: &str, env: &Environment) -> Result<ServerConfig, Failure> {
    let dsn = parse(text, env).map_err(Failure::usage)?;
    let id = ServerId::new(unique(&default_name(&dsn), &mut BTreeSet::new()));
    Ok(ServerConfig { id, dsn, operate: None, labels: Vec::new(), cores: None })
}

fn from_file(
    name: &str,
    server: &FileServer,
    place: &str,
    env: &Environment,
) -> Result<ServerConfig, Failure> {
    let dsn =
        setting(name, "dsn", (&server.dsn, &server.dsn_file), &env.vars)?.ok_or_else(|| {
            Failure::usage(format!("{place}: the server {name} has no dsn; add dsn or dsn_file."))
        })?;
    let operate = setting(name, "operate", (&server.operate, &server.operate_file), &env.vars)?;
    let read = |key: &str, text: &str| {
        parse(text, env).map_err(|message| {
            Failure::usage(format!("{place}, key {key} of the server {name}: {message}"))
        })
    };
    Ok(ServerConfig {
        id: ServerId::new(name),
        dsn: read("dsn", &dsn)?,
        operate: operate.map(|text| read("operate", &text)).transpose()?,
        labels: server.labels.clone().into_iter().collect(),
        cores: server.cores.map(NonZeroU32::get),
    })
}

/// A key of one server: `PGDECK_SERVERS_<NAME>_<KEY>` (or `…_FILE`) wins over the file.
fn setting(
    name: &str,
    key: &str,
    (direct, path): (&Option<String>, &Option<PathBuf>),
    vars: &BTreeMap<String, String>,
) -> Result<Option<String>, Failure> {
    let variable = format!("PGDECK_SERVERS_{}_{}", folded(name), key.to_uppercase());
    let from_env = secret(
        &variable,
        var(vars, &variable).map(str::to_owned),
        var(vars, &format!("{variable}_FILE")).map(PathBuf::from),
    )?;
    match from_env {
        Some(value) => Ok(Some(value)),
        None => secret(key, direct.clone(), path.clone()),
    }
}

fn parse(text: &str, env: &Environment) -> Result<Dsn, String> {
    let dsn = Dsn::parse(text, env).map_err(|error| error.to_string())?;
    for warning in dsn.warnings() {
        tracing::warn!("{warning}");
    }
    Ok(dsn)
}

fn check_name(name: &str) -> Result<(), String> {
    if ServerId::new(name).is_valid() {
        return Ok(());
    }
    Err(format!(
        "the server name {name:?} does not fit into a URL; use letters, digits, dots, hyphens and underscores, as in db1.example.com, and no dot at the beginning."
    ))
}

/// The default name of a server: its database, or its host when the database is `postgres`.
fn default_name(dsn: &Dsn) -> String {
    let by_database = dsn.database() != "postgres";
    let source = match dsn.host() {
        _ if by_database => dsn.database(),
        host if host.starts_with('/') || host == "localhost" || host == "127.0.0.1" => "local",
        host => host,
    };
    let sanitised = |c: char| if c.is_ascii_alphanumeric() || "_.".contains(c) { c } else { '-' };
    let name: String = source.chars().take(60).map(sanitised).collect();
    let name = name.trim_matches(['-', '.']);
    if name.is_empty() { "server".into() } else { name.into() }
}

/// A name that no other server has, also not in other letters: people and environment variables do not
/// tell `DB1` from `db1`.
fn unique(name: &str, names: &mut BTreeSet<String>) -> String {
    let numbered = (2..).map(|number| format!("{name}-{number}"));
    let mut wanted = std::iter::once(name.to_owned()).chain(numbered);
    wanted.find(|name| names.insert(folded(name))).unwrap_or_default()
}

/// What two names that look the same have in common.
fn folded(name: &str) -> String {
    name.to_ascii_uppercase().replace(['-', '.'], "_")
}
