//! Connection parameters, merged from all sources libpq reads, and validated. Knows libpq's keys;
//! never connects.

use std::collections::BTreeMap;
use std::path::PathBuf;

use sqlx::postgres::PgSslMode;

use super::environment::Environment;
use super::error::DsnError;
use super::{Tls, default_host, service};

/// Keys we act on, with libpq's variable for each.
const USED: [(&str, &str); 12] = [
    ("host", "PGHOST"),
    ("hostaddr", "PGHOSTADDR"),
    ("port", "PGPORT"),
    ("user", "PGUSER"),
    ("password", "PGPASSWORD"),
    ("dbname", "PGDATABASE"),
    ("sslmode", "PGSSLMODE"),
    ("sslrootcert", "PGSSLROOTCERT"),
    ("sslcert", "PGSSLCERT"),
    ("sslkey", "PGSSLKEY"),
    ("passfile", "PGPASSFILE"),
    ("service", "PGSERVICE"),
];

/// libpq's keys that change nothing for us: pgdeck has its own name, time limits and settings.
const IGNORED: [&str; 15] = [
    "application_name",
    "client_encoding",
    "connect_timeout",
    "fallback_application_name",
    "gssencmode",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "krbsrvname",
    "load_balance_hosts",
    "options",
    "sslcompression",
    "sslsni",
    "tcp_user_timeout",
];

/// Keys that would make the connection safer or land elsewhere: ignoring them would be wrong.
const REFUSED: [&str; 9] = [
    "channel_binding",
    "replication",
    "require_auth",
    "requirepeer",
    "sslcrl",
    "sslcrldir",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "target_session_attrs",
];

/// What is known of each key, after all places were asked.
pub(super) struct Settings(BTreeMap<String, String>);

impl Settings {
    /// Fills what `pairs` leave out from the service, then from the variables.
    pub(super) fn gather(
        pairs: Vec<(String, String)>,
        env: &Environment,
    ) -> Result<Self, DsnError> {
        let mut known = BTreeMap::new();
        for (key, value) in pairs {
            check_key(&key, &value)?;
            known.insert(key, value);
        }
        let named = known.get("service").map(String::as_str).or_else(|| env.var("PGSERVICE"));
        if let Some(name) = named.map(str::to_owned) {
            for (key, value) in service::pairs(&name, env)? {
                check_key(&key, &value)?;
                known.entry(key).or_insert(value);
            }
        }
        for (key, variable) in USED {
            if let Some(value) = env.var(variable) {
                known.entry(key.to_owned()).or_insert_with(|| value.to_owned());
            }
        }
        Ok(Self(known))
    }

    /// The value of `key`; empty counts as absent, as with libpq.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub(super) fn port(&self) -> Result<u16, DsnError> {
        let Some(text) = self.get("port") else { return Ok(5432) };
        text.parse().ok().filter(|port| *port != 0).ok_or_else(|| {
            DsnError::new(
                "The DSN's port is not a number from 1 to 65535; correct port (or PGPORT).",
            )
        })
    }

    /// Where to connect: an address where one is given, else the host, else the local server.
    pub(super) fn host(
        &self,
        mode: &PgSslMode,
        port: u16,
        env: &Environment,
    ) -> Result<String, DsnError> {
        let host = self.get("host");
        let address = self.get("hostaddr");
        if [host, address].iter().flatten().any(|text| text.contains(',')) {
            return Err(DsnError::new(
                "The DSN names several hosts; pgdeck watches one server per DSN, so give each host a DSN of its own.",
            ));
        }
        if host.is_some() && address.is_some() && matches!(mode, PgSslMode::VerifyFull) {
            return Err(DsnError::new(
                "The DSN has hostaddr together with sslmode=verify-full, and pgdeck can only verify the name it connects to; leave hostaddr out.",
            ));
        }
        Ok(address.or(host).map_or_else(|| default_host(port, env), str::to_owned))
    }

    pub(super) fn tls(&self, env: &Environment) -> Result<Tls, DsnError> {
        let root = self.get("sslrootcert");
        let mode = match (self.get("sslmode"), root) {
            (None, Some("system")) => PgSslMode::VerifyFull,
            (None | Some("prefer"), _) => PgSslMode::Prefer,
            (Some("disable"), _) => PgSslMode::Disable,
            // libpq tries without TLS first and then with; the other way round reaches the same servers.
            (Some("allow"), _) => PgSslMode::Prefer,
            // libpq: with a root certificate at hand, require verifies it.
            (Some("require"), Some(_)) => PgSslMode::VerifyCa,
            (Some("require"), None) => PgSslMode::Require,
            (Some("verify-ca"), _) => PgSslMode::VerifyCa,
            (Some("verify-full"), _) => PgSslMode::VerifyFull,
            (Some(other), _) => {
                return Err(DsnError::new(format!(
                    "The DSN's sslmode {other:?} is not one of disable, allow, prefer, require, verify-ca, verify-full; correct it (or PGSSLMODE)."
                )));
            }
        };
        let root = match root {
            Some("system") => None,
            Some(path) => Some(self.file("sslrootcert", path, env)?),
            None => own_root(&mode, env),
        };
        let pair = [("sslcert", self.get("sslcert")), ("sslkey", self.get("sslkey"))];
        if let [(_, Some(_)), (missing, None)] | [(missing, None), (_, Some(_))] = pair {
            return Err(DsnError::new(format!(
                "The DSN lacks {missing}: a client certificate needs both sslcert and sslkey."
            )));
        }
        let [certificate, key] = pair.map(|(key, path)| path.map(|path| self.file(key, path, env)));
        Ok(Tls { mode, root, certificate: certificate.transpose()?, key: key.transpose()? })
    }

    fn file(&self, key: &str, path: &str, env: &Environment) -> Result<PathBuf, DsnError> {
        let path = PathBuf::from(path);
        if env.files.exists(&path) {
            return Ok(path);
        }
        Err(DsnError::new(format!(
            "The DSN's {key} names {}, which does not exist or cannot be read; correct the path.",
            path.display()
        )))
    }
}

/// ~/.postgresql/root.crt, libpq's default, where certificates are to be verified and it exists.
fn own_root(mode: &PgSslMode, env: &Environment) -> Option<PathBuf> {
    let verifies = matches!(mode, PgSslMode::VerifyCa | PgSslMode::VerifyFull);
    let path = env.home.as_ref()?.join(".postgresql/root.crt");
    (verifies && env.files.exists(&path)).then_some(path)
}

fn check_key(key: &str, value: &str) -> Result<(), DsnError> {
    let harmless = matches!(
        (key, value),
        ("channel_binding", "prefer" | "disable") | ("target_session_attrs", "any")
    );
    if harmless || IGNORED.contains(&key) || USED.iter().any(|(used, _)| *used == key) {
        return Ok(());
    }
    if REFUSED.contains(&key) {
        return Err(DsnError::new(format!(
            "The DSN's key {key:?} is not supported by pgdeck; leave it out."
        )));
    }
    Err(DsnError::new(format!(
        "The DSN has an unknown key {key:?}; keys are host, port, user, password, dbname, sslmode, sslrootcert and libpq's others."
    )))
}
