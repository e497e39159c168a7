//! The audit log: who did what to which server. A record is on the disk before the act and a second
//! one after it; nothing is ever changed or removed. Knows nothing of PostgreSQL.

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
use model::action::{Done, Previewed};
use model::audit::Chain;
use sqlx::{SqliteConnection, SqlitePool};

use crate::cli::error::Failure;
use crate::config;
use crate::database;
use record::{NOTHING, Record, Walk};

/// Exit code of `pgdeck audit verify` for a chain that is broken, as `pgdeck check` has for critical.
const BROKEN: u8 = 2;

/// The log. Cheap to clone.
#[derive(Clone)]
pub struct Audit {
    /// One connection that waits for the disk at every commit.
    pool: SqlitePool,
    /// Actions this process is at.
    under_way: Arc<Mutex<HashSet<i64>>>,
}

/// What is known before the act.
pub struct Asked<'a> {
    /// Who.
    pub who: &'a str,
    /// On which server.
    pub server: &'a ServerId,
    /// The action's word.
    pub action: &'a str,
    /// To what, whom it touches, the statement.
    pub shown: &'a Previewed,
    /// Why.
    pub reason: &'a str,
}

impl Audit {
    /// Opens the log in the data directory.
    pub async fn open(data_dir: &Path) -> Result<Self, Failure> {
        Ok(Self { pool: database::open_synced(data_dir).await?, under_way: Arc::default() })
    }

    /// Writes the record before an act; it is on the disk when this returns. Its number.
    pub async fn asked(&self, asked: &Asked<'_>) -> Result<i64, sqlx::Error> {
        let record = Record {
            kind: "asked".into(),
            at_ms: now_ms(),
            who: asked.who.into(),
            server: asked.server.as_str().into(),
            action: asked.action.into(),
            object: asked.shown.object.clone(),
            touched: asked.shown.who.clone(),
            sql: asked.shown.sql.clone(),
            reason: asked.reason.into(),
            ..Record::default()
        };
        let id = self.append(record).await?;
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        Ok(id)
    }

    /// Writes the record after it.
    pub async fn ended(&self, act: i64, done: &Done) -> Result<(), sqlx::Error> {
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
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(&act);
        written
    }

    /// Appends under the lock that SQLite gives one writer: the chain has one end.
    async fn append(&self, mut record: Record) -> Result<i64, sqlx::Error> {
        let mut transaction = self.pool.begin_with("begin immediate").await?;
        let (id, head) = head(&mut transaction).await?;
        record.id = id + 1;
        record.hash = record.hash_after(&head);
        insert(&mut transaction, &record).await?;
        transaction.commit().await?;
        Ok(record.id)
    }

    /// Walks the whole chain.
    pub async fn verify(&self) -> Result<Chain, sqlx::Error> {
        use futures::TryStreamExt;
        let mut connection = self.pool.acquire().await?;
        let written: Option<i64> =
            sqlx::query_scalar("select seq from sqlite_sequence where name = 'audit'")
                .fetch_optional(&mut *connection)
                .await?;
        let mut walk = Walk::default();
        let mut records =
            sqlx::query_as::<_, Record>("select * from audit order by id").fetch(&mut *connection);
        while let Some(record) = records.try_next().await? {
            walk.step(&record);
        }
        Ok(walk.end(written.unwrap_or(0)))
    }

    /// Whether this process is at that act.
    fn is_under_way(&self, id: i64) -> bool {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).contains(&id)
    }

    /// Closes the log.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// `pgdeck audit verify`: one sentence; exit code 0 whole, 2 broken.
pub async fn verify(audit: &crate::cli::Audit, env: &Environment) -> Result<ExitCode, Failure> {
    let crate::cli::AuditWhat::Verify = audit.what;
    let log = Audit::open(&config::data_directory(&audit.place, env)?).await?;
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

/// Number and hash of the newest record.
async fn head(connection: &mut SqliteConnection) -> Result<(i64, String), sqlx::Error> {
    let newest = sqlx::query_as("select id, hash from audit order by id desc limit 1");
    Ok(newest.fetch_optional(connection).await?.unwrap_or((0, NOTHING.into())))
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
