//! The shared store: a database of PostgreSQL, which is not a server that pgdeck watches.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::Row;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use tokio::sync::OnceCell;
use url::Url;

use crate::db::Conn;
use crate::error::Error;
use crate::partitions::{LOCK, Partitions};
use crate::settings::Settings;

/// The schema's versions, oldest first.
static MIGRATIONS: Migrator = sqlx::migrate!("./migrations/postgres");
/// The schema in which everything is.
const SCHEMA: &str = "pgdeck";
/// How long a page waits for a connection, and writing.
const READER_WAITS: Duration = Duration::from_secs(2);
const WRITER_WAITS: Duration = Duration::from_secs(3);
/// What of the URL's query is understood; anything else would be passed over in silence.
const KEYS: [&str; 14] = [
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "ssl-mode",
    "ssl-root-cert",
    "ssl-ca",
];

/// Where a shared store is. Shown without user and password.
#[derive(Clone)]
pub struct Address {
    options: PgConnectOptions,
}

impl Address {
    /// Reads a URL such as `postgres://user:password@host/database?sslmode=require`. What it leaves out is
    /// taken from `PG…` variables and the password file, as libpq does.
    ///
    /// Errors: one sentence, without what may be a secret.
    pub fn parse(url: &str) -> Result<Self, String> {
        let unread = || {
            "the history's postgres:// URL cannot be read; write it like postgres://user:password@host:5432/database.".to_owned()
        };
        let parsed = Url::parse(url).map_err(|_| unread())?;
        if let Some((key, _)) = parsed.query_pairs().find(|(key, _)| !KEYS.contains(&key.as_ref()))
        {
            return Err(format!(
                "the history's postgres:// URL has the parameter {key:?}, which pgdeck does not know; leave it out."
            ));
        }
        let options = PgConnectOptions::from_str(url).map_err(|_| unread())?;
        Ok(Self { options })
    }

    /// What an error of this database means.
    pub(crate) fn error(&self, error: &sqlx::Error) -> Error {
        Error::of_shared(&self.to_string(), error)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let database = self.options.get_database().unwrap_or_else(|| self.options.get_username());
        match self.options.get_socket() {
            Some(folder) => write!(f, "postgres://{}/{database}", folder.display()),
            None => write!(
                f,
                "postgres://{}:{}/{database}",
                self.options.get_host(),
                self.options.get_port()
            ),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

/// Connections of one process, at most five.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    pub(crate) address: Address,
    /// The process' own name in the store, never used again.
    pub(crate) process: Arc<str>,
    settings: Settings,
    writer: PgPool,
    keeper: PgPool,
    readers: PgPool,
    /// Set once the schema is there.
    ready: Arc<OnceCell<Arc<Partitions>>>,
}

impl Store {
    /// The store at an address; nothing is asked of it yet.
    pub(crate) fn new(address: Address, settings: Settings) -> Self {
        let limited = |connections, waits, read_only: &str, statement: &str| {
            let limits = [
                ("search_path", SCHEMA),
                ("default_transaction_read_only", read_only),
                ("statement_timeout", statement),
                ("lock_timeout", "5s"),
                // A paused process must not keep the others from its leases.
                ("idle_in_transaction_session_timeout", "8s"),
            ];
            pool(&address, connections, waits, &limits)
        };
        Self {
            process: unique().into(),
            settings,
            writer: limited(1, WRITER_WAITS, "off", "30s"),
            keeper: limited(1, WRITER_WAITS, "off", "60s"),
            readers: limited(3, READER_WAITS, "on", "20s"),
            ready: Arc::default(),
            address,
        }
    }

    /// Makes the schema or brings it up to date, once.
    pub(crate) async fn ready(&self) -> Result<&Arc<Partitions>, sqlx::Error> {
        self.ready.get_or_try_init(|| self.prepare()).await
    }

    async fn prepare(&self) -> Result<Arc<Partitions>, sqlx::Error> {
        // Migrations take as long as they take; those of other processes wait for them.
        let pool = pool(&self.address, 1, WRITER_WAITS, &[("search_path", SCHEMA)]);
        let there = "select exists (select from pg_catalog.pg_namespace where nspname = 'pgdeck')";
        let mut tx = pool.begin().await?;
        // Two that start at once would both make it.
        sqlx::query("select pg_catalog.pg_advisory_xact_lock($1)")
            .bind(LOCK)
            .execute(&mut *tx)
            .await?;
        let there: bool = sqlx::query(there).fetch_one(&mut *tx).await?.try_get(0)?;
        if !there {
            sqlx::query("create schema pgdeck").execute(&mut *tx).await?;
        }
        tx.commit().await?;
        let migrated = MIGRATIONS.run(&pool).await;
        migrated.map_err(|error| sqlx::Error::Migrate(Box::new(error)))?;
        // Whether TimescaleDB makes the partitions was decided when the tables were made.
        let timescale = "select pg_catalog.quote_ident(n.nspname) from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace where e.extname = 'timescaledb' and exists (select from pg_catalog.pg_class where oid = 'block'::regclass and relkind = 'r')";
        let timescale = sqlx::query(timescale).fetch_optional(&pool).await?;
        let timescale: Option<String> = timescale.map(|row| row.try_get(0)).transpose()?;
        pool.close().await;
        Ok(Arc::new(Partitions::new(timescale, self.settings.retention)))
    }

    /// A connection of flushes and leases.
    pub(crate) async fn writer(&self) -> Result<Conn, sqlx::Error> {
        let partitions = Arc::clone(self.ready().await?);
        Ok(Conn::postgres(self.writer.acquire().await?, partitions))
    }

    /// A connection of compaction and retention.
    pub(crate) async fn keeper(&self) -> Result<Conn, sqlx::Error> {
        let partitions = Arc::clone(self.ready().await?);
        Ok(Conn::postgres(self.keeper.acquire().await?, partitions))
    }

    /// A connection of questions.
    pub(crate) async fn reader(&self) -> Result<Conn, sqlx::Error> {
        let partitions = Arc::clone(self.ready().await?);
        Ok(Conn::postgres(self.readers.acquire().await?, partitions))
    }

    /// A snapshot for questions.
    pub(crate) async fn snapshot(&self) -> Result<Conn, sqlx::Error> {
        let partitions = Arc::clone(self.ready().await?);
        let tx = self.readers.begin_with("begin isolation level repeatable read read only").await?;
        Ok(Conn::postgres_snapshot(tx, partitions))
    }

    /// Ends all connections.
    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.keeper.close().await;
        self.writer.close().await;
    }
}

fn pool(address: &Address, most: u32, waits: Duration, limits: &[(&str, &str)]) -> PgPool {
    let options = address.options.clone().application_name("pgdeck history");
    PgPoolOptions::new()
        .max_connections(most)
        .acquire_timeout(waits)
        .connect_lazy_with(options.options(limits.iter().copied()))
}

/// The newest version of the schema that this program knows.
pub(crate) fn newest() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// A name that no other process has.
fn unique() -> String {
    use std::hash::{BuildHasher, Hasher, RandomState};
    // Each is seeded by the system's random numbers.
    let random = || RandomState::new().build_hasher().finish();
    format!("{}-{:016x}{:016x}", std::process::id(), random(), random())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_secrets() {
        let address =
            Address::parse("postgres://deck:s3cret@db.example.org:6000/past?sslmode=require")
                .unwrap();
        assert_eq!(address.to_string(), "postgres://db.example.org:6000/past");
        assert_eq!(format!("{address:?}"), "Address(postgres://db.example.org:6000/past)");
        for bad in [
            "postgres://deck:s3cret@db:port/past",
            "postgres://deck:s3cret@db/past?pasword=s3cret",
            "s3cret",
        ] {
            let told = Address::parse(bad).unwrap_err();
            assert!(!told.contains("s3cret") && told.ends_with('.'), "{told}");
        }
    }
}
