//! The audit log: append-only, hash-chained, in the embedded database. A record of each action is on disk
//! before it runs, a second one records the outcome. Knows nothing of PostgreSQL.

mod record;
mod show;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use engine::dsn::Environment;
use engine::now_ms;
use model::ServerId;
use model::action::Done;
use model::audit::Chain;
use sqlx::{SqliteConnection, SqlitePool};

use crate::cli::error::Failure;
use crate::config;
use crate::database;
use record::{ChainVerifier, GENESIS_HASH, Record};

/// Exit code of `pgdeck audit verify` for a broken hash chain, as of `pgdeck check` for critical.
const BROKEN: u8 = 2;

/// The log. Cheap to clone.
#[derive(Clone)]
pub struct Audit {
    /// One connection with `synchronous = full`: every commit waits for the disk.
    pool: SqlitePool,
    /// Record ids of the actions that this process is running.
    running: Arc<Mutex<HashSet<i64>>>,
}

/// What is recorded before an action runs.
pub struct ActionRequest<'a> {
    /// The user.
    pub user: &'a str,
    /// The server.
    pub server: &'a ServerId,
    /// The action's name.
    pub action: &'a str,
    /// The target.
    pub object: &'a str,
    /// Whom it affects: role and application of the session, owner of the table, role of the run.
    pub touched: &'a str,
    /// The exact statement.
    pub sql: &'a str,
    /// The reason given by the user.
    pub reason: &'a str,
}

impl Audit {
    /// Opens the log in the data directory.
    pub async fn open(data_dir: &Path) -> Result<Self, Failure> {
        Ok(Self { pool: database::open_synced(data_dir).await?, running: Arc::default() })
    }

    /// Opens the log of a directory that has one: a misspelled directory is no empty log.
    async fn open_existing(data_dir: &Path) -> Result<Self, Failure> {
        database::require(data_dir)?;
        Self::open(data_dir).await
    }

    /// Writes the record before an action; it is on disk when this returns. Returns its id.
    pub async fn record_request(&self, request: &ActionRequest<'_>) -> Result<i64, sqlx::Error> {
        let record = Record {
            kind: "asked".into(),
            at_ms: now_ms(),
            who: request.user.into(),
            server: request.server.as_str().into(),
            action: request.action.into(),
            object: request.object.into(),
            touched: request.touched.into(),
            sql: request.sql.into(),
            reason: request.reason.into(),
            ..Record::default()
        };
        let id = self.append(record).await?;
        self.running.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        Ok(id)
    }

    /// Writes the record of the outcome; `act` is the id of the first record.
    pub async fn record_outcome(&self, act: i64, done: &Done) -> Result<(), sqlx::Error> {
        let record = Record {
            kind: "ended".into(),
            act: Some(act),
            at_ms: now_ms(),
            outcome: done.outcome.as_str().into(),
            message: done.message.clone(),
            took_us: done.took_ms.map(|ms| (ms * 1_000.0) as i64),
            ..Record::default()
        };
        let written = self.append(record).await.map(drop);
        self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&act);
        written
    }

    /// Appends under SQLite's write lock, so that the hash chain never forks.
    async fn append(&self, mut record: Record) -> Result<i64, sqlx::Error> {
        let mut transaction = self.pool.begin_with("begin immediate").await?;
        let (id, head) = head(&mut transaction).await?;
        record.id = id + 1;
        record.hash = record.hash_after(&head);
        insert(&mut transaction, &record).await?;
        transaction.commit().await?;
        Ok(record.id)
    }

    /// Verifies the whole hash chain.
    pub async fn verify(&self) -> Result<Chain, sqlx::Error> {
        use futures::TryStreamExt;
        let mut connection = self.pool.acquire().await?;
        let written: Option<i64> =
            sqlx::query_scalar("select seq from sqlite_sequence where name = 'audit'")
                .fetch_optional(&mut *connection)
                .await?;
        let mut verifier = ChainVerifier::default();
        let mut records =
            sqlx::query_as::<_, Record>("select * from audit order by id").fetch(&mut *connection);
        while let Some(record) = records.try_next().await? {
            verifier.add(&record);
        }
        Ok(verifier.finish(written.unwrap_or(0)))
    }

    /// Whether this process is running that action.
    fn is_running(&self, id: i64) -> bool {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).contains(&id)
    }

    /// Closes the log.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// `pgdeck audit verify`: prints one sentence; exit code 0 intact, 2 broken.
pub async fn verify(audit: &crate::cli::Audit, env: &Environment) -> Result<ExitCode, Failure> {
    let crate::cli::AuditWhat::Verify = audit.what;
    let log = Audit::open_existing(&config::data_directory(&audit.place, env)?).await?;
    let chain = log.verify().await.map_err(Failure::failed)?;
    log.close().await;
    println!("{}", chain.message());
    Ok(match chain {
        Chain::Whole { head, .. } => {
            println!("{head}");
            ExitCode::SUCCESS
        }
        Chain::Broken { .. } => ExitCode::from(BROKEN),
    })
}

/// Id and hash of the newest record.
async fn head(connection: &mut SqliteConnection) -> Result<(i64, String), sqlx::Error> {
    let newest = sqlx::query_as("select id, hash from audit order by id desc limit 1");
    Ok(newest.fetch_optional(connection).await?.unwrap_or((0, GENESIS_HASH.into())))
}

async fn insert(connection: &mut SqliteConnection, record: &Record) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into audit (id, kind, act, at_ms, who, server, action, object, touched, sql, reason,
                            outcome, says, took_us, hash)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(record.id)
    .bind(&record.kind)
    .bind(record.act)
    .bind(record.at_ms)
    .bind(&record.who)
    .bind(&record.server)
    .bind(&record.action)
    .bind(&record.object)
    .bind(&record.touched)
    .bind(&record.sql)
    .bind(&record.reason)
    .bind(&record.outcome)
    .bind(&record.message)
    .bind(record.took_us)
    .bind(&record.hash)
    .execute(connection)
    .await?;
    Ok(())
}
