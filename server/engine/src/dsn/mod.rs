//! Connection strings (DSNs) with libpq's semantics.
//!
//! Knows URIs, `key=value` text, `PG*` variables, `~/.pgpass` and `pg_service.conf`; in that order
//! of precedence, as libpq has it: what the DSN says, the service, the environment, the defaults. Each
//! field reaches sqlx by itself: no text is ever handed on as a connection string. Never connects, and
//! never shows the password.

mod environment;
mod error;
mod keyvalue;
mod pgpass;
mod service;
mod settings;
mod uri;

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use sqlx::postgres::{PgConnectOptions, PgSslMode};

pub use environment::{Environment, Files, TextFile};
pub use error::DsnError;
use settings::Settings;

/// Where a server is and how to sign in there. Has no `Serialize`, and `Debug` hides the password.
#[derive(Clone)]
pub struct Dsn {
    host: String,
    port: u16,
    user: String,
    password: Option<String>,
    database: String,
    tls: Tls,
    warnings: Vec<String>,
}

/// By which TLS a server is reached.
#[derive(Clone, Debug)]
pub(crate) struct Tls {
    /// Whether it must be, and what is verified.
    pub(crate) mode: PgSslMode,
    /// A file of root certificates.
    pub(crate) root: Option<PathBuf>,
    /// The file of our own certificate; then there is a key.
    pub(crate) certificate: Option<PathBuf>,
    /// Its key.
    pub(crate) key: Option<PathBuf>,
}

impl Dsn {
    /// Reads a URI or `key=value` text; what it leaves out comes from `env` as with libpq.
    ///
    /// Errors: one sentence that names the key or position and what to do.
    pub fn parse(text: &str, env: &Environment) -> Result<Self, DsnError> {
        let text = text.trim();
        let pairs = match uri::body(text) {
            Some(body) => uri::pairs(body)?,
            None if uri::has_scheme(text) => {
                return Err(DsnError::new(
                    "The DSN's scheme is not PostgreSQL's; it begins with postgres:// or postgresql://.",
                ));
            }
            None => keyvalue::pairs(text)?,
        };
        Self::from_settings(&Settings::gather(pairs, env)?, env)
    }

    /// Whether a DSN holds a password itself, as `postgres://user:password@host` does.
    pub fn holds_password(text: &str) -> bool {
        let text = text.trim();
        let pairs = uri::body(text).map_or_else(|| keyvalue::pairs(text), uri::pairs);
        // What cannot be read may hold one.
        pairs.map_or(text.contains("pass"), |pairs| {
            pairs.iter().any(|(key, _)| key == "password" || key == "sslpassword")
        })
    }

    fn from_settings(settings: &Settings, env: &Environment) -> Result<Self, DsnError> {
        let mut warnings = Vec::new();
        let port = settings.port()?;
        let tls = settings.tls(env)?;
        let host = settings.host(&tls.mode, port, env)?;
        let user = settings.get("user").map(str::to_owned).or_else(|| env.user.clone());
        let user =
            user.ok_or_else(|| DsnError::new("The DSN names no role; add user=… or set PGUSER."))?;
        let database = settings.get("dbname").unwrap_or(&user).to_owned();
        let password = settings.get("password").map(str::to_owned).or_else(|| {
            let known_as = settings.get("host").filter(|host| !is_default_socket(host));
            let host = known_as.or(settings.get("hostaddr")).unwrap_or("localhost");
            let wanted = pgpass::Wanted { host, port, database: &database, user: &user };
            pgpass::password(&wanted, settings.get("passfile"), env, &mut warnings)
        });
        Ok(Self { host, port, user, password, database, tls, warnings })
    }

    /// `host:port/database`, without secrets.
    pub fn address(&self) -> String {
        let host =
            if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        format!("{host}:{}/{}", self.port, self.database)
    }

    /// Role, address and encryption, without secrets.
    pub fn description(&self) -> String {
        format!("{}@{}, sslmode {:?}", self.user, self.address(), self.tls.mode)
    }

    /// The host's name or address, or the directory of its Unix socket.
    pub fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn tls(&self) -> &Tls {
        &self.tls
    }

    /// The database to connect to.
    pub fn database(&self) -> &str {
        &self.database
    }

    /// The same server and role, another database.
    pub fn with_database(&self, database: &str) -> Self {
        Self { database: database.to_owned(), ..self.clone() }
    }

    /// A number for what a server checks at sign-in, the same wherever that is the same; nothing of it can be
    /// told from the number, which is another in each process.
    pub(crate) fn credentials(&self) -> u64 {
        static STATE: OnceLock<RandomState> = OnceLock::new();
        let checked = (&self.host, self.port, &self.user, &self.password);
        STATE.get_or_init(RandomState::new).hash_one(checked)
    }

    /// Sentences about what was left unused, such as a password file that others can read.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Who signs in, for sqlx, field by field. Statements are not cached, for a pooler would lose them. The
    /// relay that stands between sqlx and the server does the TLS.
    pub(crate) fn options(&self) -> PgConnectOptions {
        let mut options = PgConnectOptions::new_without_pgpass()
            .host(&self.host)
            .port(self.port)
            .username(&self.user)
            .database(&self.database)
            .ssl_mode(PgSslMode::Disable)
            .application_name(application_name())
            // PgBouncer refuses this start-up parameter; since PostgreSQL 12 the default is exact.
            .extra_float_digits(None)
            .statement_cache_capacity(0);
        if let Some(password) = &self.password {
            options = options.password(password);
        }
        options
    }
}

/// Whether they lead to the same database as the same role, in the same way.
impl PartialEq for Dsn {
    fn eq(&self, other: &Self) -> bool {
        let Self { host, port, user, password, database, tls, warnings: _ } = self;
        let own = (host, port, user, password, database);
        let others = (&other.host, &other.port, &other.user, &other.password, &other.database);
        // sqlx does not compare its modes.
        own == others && format!("{tls:?}") == format!("{:?}", other.tls)
    }
}

/// What our sessions are called: the same within a process, another in each, so that two pgdecks on one
/// server are told apart. Of no consequence for anything but names.
pub fn application_name() -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(|| {
        let random = RandomState::new().build_hasher().finish();
        format!("pgdeck {:04x}", random & 0xffff)
    })
}

impl fmt::Debug for Dsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dsn")
            .field("address", &self.address())
            .field("user", &self.user)
            .field("password", &self.password.as_ref().map(|_| "hidden"))
            .field("tls", &self.tls.mode)
            .finish()
    }
}

/// Directories in which servers of packages and of the source put their sockets.
const SOCKET_DIRECTORIES: [&str; 2] = ["/var/run/postgresql", "/tmp"];

fn is_default_socket(host: &str) -> bool {
    SOCKET_DIRECTORIES.contains(&host)
}

/// The local server: by its socket where there is one, otherwise by TCP.
fn default_host(port: u16, env: &Environment) -> String {
    let has_socket =
        |dir: &&&str| env.files.exists(&Path::new(dir).join(format!(".s.PGSQL.{port}")));
    SOCKET_DIRECTORIES
        .iter()
        .find(has_socket)
        .map_or_else(|| "localhost".into(), |dir| (*dir).to_string())
}

#[cfg(test)]
mod tests;
