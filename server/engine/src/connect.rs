//! The one door to a watched server.
//!
//! An `Observer` reads: read-only, with timeouts, one round trip per tick, marked as ours by
//! `application_name`. Every await has a deadline; after it the socket is dropped, never parked in
//! a task. Behind a pooler nothing is set on the session: settings are `set local` in the one
//! transaction that reads (limits.md B3). Never writes; never holds more than its permit.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::TryStreamExt;
use model::{Known, Reason};
use sqlx::postgres::{PgConnectOptions, PgRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Either, FromRow, PgConnection, Row, ValueRef};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::costs::Costs;
use crate::dsn::Dsn;
use crate::error::{connect_reason, is_lost, query_reason};
use crate::sql::SqlFile;

/// The most sessions we ever hold on one server (limits.md B4: 2–3 connections per instance).
pub const SESSION_BUDGET: usize = 3;
/// Time allowed to connect and authenticate (limits.md B4).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// `statement_timeout` of our sessions, ms.
pub const STATEMENT_TIMEOUT_MS: u64 = 2_000;
/// `lock_timeout` of our sessions, ms (limits.md B4).
const LOCK_TIMEOUT_MS: u64 = 250;
/// Our own deadline: the server's timeout and two seconds for the network (limits.md B4).
const DEADLINE: Duration = Duration::from_millis(STATEMENT_TIMEOUT_MS + 2_000);

/// The sessions we may hold on one server.
#[derive(Clone, Debug)]
pub struct Budget(Arc<Semaphore>);

impl Default for Budget {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(SESSION_BUDGET)))
    }
}

impl Budget {
    /// How many sessions are in use.
    pub fn in_use(&self) -> usize {
        SESSION_BUDGET.saturating_sub(self.0.available_permits())
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit, Reason> {
        let waiting = Arc::clone(&self.0).acquire_owned();
        match timeout(CONNECT_TIMEOUT, waiting).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(Reason::TimedOut { after_ms: CONNECT_TIMEOUT.as_millis() as u64 }),
        }
    }
}

/// How our settings reach the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Settings {
    /// Given at start-up; the session keeps them.
    Session,
    /// Set in each transaction: a pooler would give the session to somebody else.
    Transaction,
}

/// A connection that reads and nothing else.
pub struct Observer {
    connection: PgConnection,
    settings: Settings,
    role: String,
    costs: Arc<Costs>,
    _permit: OwnedSemaphorePermit,
}

/// Rows of one query, in text format as the simple protocol sends them.
pub struct Rows {
    query: &'static str,
    rows: Vec<PgRow>,
}

impl Rows {
    /// Decodes all rows.
    pub fn all<T: for<'r> FromRow<'r, PgRow>>(&self) -> Known<Vec<T>> {
        self.rows.iter().map(T::from_row).collect::<Result<_, _>>().map_err(|error| {
            tracing::error!(query = self.query, %error, "a row does not decode");
            Reason::Failed {
                sqlstate: "XX000".into(),
                message: format!("the answer to {} has an unexpected shape", self.query),
            }
        })
    }

    /// Decodes the only row.
    pub fn one<T: for<'r> FromRow<'r, PgRow>>(&self) -> Known<T> {
        self.all()?.pop().ok_or_else(|| Reason::Failed {
            sqlstate: "02000".into(),
            message: format!("{} gave no row", self.query),
        })
    }
}

impl Observer {
    /// Connects within the budget. First with our settings as start-up options; a pooler that
    /// refuses them is asked again without, and gets them per transaction.
    pub async fn open(dsn: &Dsn, budget: &Budget, costs: Arc<Costs>) -> Result<Self, Reason> {
        let permit = budget.permit().await?;
        costs.connect();
        let plain = dsn.options();
        let address = dsn.address();
        let with_settings = plain.clone().options(session_settings());
        let (connection, settings) = match connect(&with_settings, &address).await {
            Ok(connection) => (connection, Settings::Session),
            Err(reason) if refuses_options(&reason) => {
                (connect(&plain, &address).await?, Settings::Transaction)
            }
            Err(reason) => return Err(reason),
        };
        let role = plain.get_username().to_owned();
        let mut observer = Self { connection, settings, role, costs, _permit: permit };
        observer.confirm_settings().await?;
        Ok(observer)
    }

    /// Whether a pooler stands between us and the server.
    pub fn through_pooler(&self) -> bool {
        self.settings == Settings::Transaction
    }

    /// A pooler may swallow start-up options silently: then they are not in force.
    async fn confirm_settings(&mut self) -> Result<(), Reason> {
        if self.settings == Settings::Transaction {
            return Ok(());
        }
        let read = sqlx::raw_sql("show statement_timeout").fetch_one(&mut self.connection);
        let shown: String = match timeout(DEADLINE, read).await {
            Ok(Ok(row)) => row.try_get(0).unwrap_or_default(),
            Ok(Err(error)) => return Err(connect_reason(&error, "the server")),
            Err(_) => return Err(deadline_passed()),
        };
        if shown != format!("{}s", STATEMENT_TIMEOUT_MS / 1_000) {
            self.settings = Settings::Transaction;
        }
        Ok(())
    }

    /// Runs the files in one read-only transaction and one round trip. When one of them fails,
    /// each is run alone, so that one failure hides nothing else.
    ///
    /// The outer error means the connection is lost: drop the observer.
    pub async fn read(&mut self, files: &[SqlFile]) -> Result<Vec<Known<Rows>>, Reason> {
        match self.run(files).await? {
            Ok(sets) => Ok(sets.into_iter().map(Ok).collect()),
            Err(reason) if files.len() == 1 => Ok(vec![Err(reason)]),
            Err(_) => {
                let mut answers = Vec::with_capacity(files.len());
                for file in files {
                    let answer = self.run(std::slice::from_ref(file)).await?;
                    answers.push(
                        answer.and_then(|sets| sets.into_iter().next().ok_or(Reason::NotYet)),
                    );
                }
                Ok(answers)
            }
        }
    }

    async fn run(&mut self, files: &[SqlFile]) -> Result<Known<Vec<Rows>>, Reason> {
        let text = transaction(self.settings, files);
        let skipped = self.preamble();
        let started = Instant::now();
        let answer = match timeout(DEADLINE, self.fetch(text, files, skipped)).await {
            Ok(Ok(sets)) => Ok(sets),
            Ok(Err(error)) if is_lost(&error) => {
                return Err(connect_reason(&error, "the server"));
            }
            Ok(Err(error)) => {
                self.roll_back().await?;
                Err(match error.as_database_error() {
                    Some(error) => query_reason(error, &self.role, STATEMENT_TIMEOUT_MS),
                    None => Reason::Failed { sqlstate: "XX000".into(), message: error.to_string() },
                })
            }
            Err(_) => return Err(deadline_passed()),
        };
        self.costs.round_trip(started.elapsed());
        for (file, set) in files.iter().zip(answer.iter().flatten()) {
            self.costs.query(file.name, set.rows.len() as u64, byte_size(&set.rows));
        }
        if answer.is_err() {
            files.iter().for_each(|file| self.costs.failure(file.name));
        }
        Ok(answer)
    }

    /// Statements before the first file: `begin` and the settings.
    fn preamble(&self) -> usize {
        match self.settings {
            Settings::Session => 1,
            Settings::Transaction => 1 + LOCAL_SETTINGS,
        }
    }

    async fn fetch(
        &mut self,
        text: String,
        files: &[SqlFile],
        preamble: usize,
    ) -> Result<Vec<Rows>, sqlx::Error> {
        let mut sets: Vec<Rows> =
            files.iter().map(|file| Rows { query: file.name, rows: Vec::new() }).collect();
        let mut statement = 0;
        // The text is put together from our own files and constants only: see `transaction`.
        let mut answers = sqlx::raw_sql(AssertSqlSafe(text)).fetch_many(&mut self.connection);
        while let Some(answer) = answers.try_next().await? {
            match answer {
                Either::Left(_) => statement += 1,
                Either::Right(row) => {
                    let set = usize::checked_sub(statement, preamble);
                    if let Some(set) = set.and_then(|set| sets.get_mut(set)) {
                        set.rows.push(row);
                    }
                }
            }
        }
        Ok(sets)
    }

    async fn roll_back(&mut self) -> Result<(), Reason> {
        let rolled_back = sqlx::raw_sql("rollback").execute(&mut self.connection);
        match timeout(DEADLINE, rolled_back).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(connect_reason(&error, "the server")),
            Err(_) => Err(deadline_passed()),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one door")]
async fn connect(options: &PgConnectOptions, address: &str) -> Result<PgConnection, Reason> {
    match timeout(CONNECT_TIMEOUT, options.connect()).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error)) => Err(connect_reason(&error, address)),
        Err(_) => Err(Reason::Unreachable {
            says: format!("{address} did not answer within {} s.", CONNECT_TIMEOUT.as_secs()),
            remedy:
                "Check that no firewall drops the connection and that the server is not frozen."
                    .into(),
        }),
    }
}

fn deadline_passed() -> Reason {
    Reason::Unreachable {
        says: format!(
            "The server accepted our connection but did not answer within {} s.",
            DEADLINE.as_secs()
        ),
        remedy: "Check the server's load and the network; pgdeck has dropped the connection and connects again by itself.".into(),
    }
}

/// PgBouncer answers 08P01 `unsupported startup parameter: options`.
fn refuses_options(reason: &Reason) -> bool {
    matches!(reason, Reason::Unreachable { says, .. }
        if says.contains("unsupported startup parameter"))
}

/// What a session of ours is limited to.
fn session_settings() -> [(&'static str, String); 6] {
    [
        ("default_transaction_read_only", "on".into()),
        ("statement_timeout", STATEMENT_TIMEOUT_MS.to_string()),
        ("lock_timeout", LOCK_TIMEOUT_MS.to_string()),
        ("idle_in_transaction_session_timeout", "5000".into()),
        // Nobody's objects can stand in for the catalog's (CVE-2018-1058).
        ("search_path", "pg_catalog".into()),
        ("jit", "off".into()),
    ]
}

/// How many of them are set per transaction: read-only is said by `begin`.
const LOCAL_SETTINGS: usize = 5;

fn transaction(settings: Settings, files: &[SqlFile]) -> String {
    let mut text = String::from("begin transaction read only;");
    if settings == Settings::Transaction {
        for (name, value) in session_settings().iter().skip(1) {
            text.push_str(&format!("set local {name} = '{value}';"));
        }
    }
    for file in files {
        text.push_str("/* pgdeck ");
        text.push_str(file.name);
        text.push_str(" */ ");
        text.push_str(file.statement());
        text.push(';');
    }
    text.push_str("commit");
    text
}

fn byte_size(rows: &[PgRow]) -> u64 {
    let value_size = |row: &PgRow, column: usize| {
        row.try_get_raw(column)
            .ok()
            .filter(|value| !value.is_null())
            .and_then(|value| value.as_bytes().ok().map(<[u8]>::len))
            .unwrap_or(0) as u64
    };
    rows.iter().map(|row| (0..row.len()).map(|column| value_size(row, column)).sum::<u64>()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: SqlFile = SqlFile { floor: 14, name: "a.14.sql", text: "-- rows\nselect 1;\n" };

    #[test]
    fn a_session_behind_a_pooler_is_never_changed() {
        let text = transaction(Settings::Transaction, &[FILE]);
        assert!(text.starts_with("begin transaction read only;set local statement_timeout"));
        assert!(text.ends_with("/* pgdeck a.14.sql */ select 1;commit"));
        assert_eq!(text.matches("set local").count(), LOCAL_SETTINGS);
        assert_eq!(text.matches("set ").count(), LOCAL_SETTINGS);
    }

    #[test]
    fn a_session_of_our_own_needs_no_settings_per_tick() {
        let text = transaction(Settings::Session, &[FILE, FILE]);
        assert_eq!(text.matches("select 1").count(), 2);
        assert!(!text.contains("set local"));
    }
}
