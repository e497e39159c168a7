//! The audit log: append-only, hash-chained, in the embedded database. A record of each action is on disk
//! before it runs, a second one records the outcome. Knows nothing of PostgreSQL.

mod anchor;
pub mod changes;
mod copies;
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
use model::action::Done;
use model::audit::Chain;
use sqlx::{SqliteConnection, SqlitePool};

use crate::cli::error::{Failure, NOT_CHECKED};
use crate::config::{self, AuditPlaces};
use crate::database;
use anchor::{Anchor, Head};
use changes::FailedSignIns;
use copies::Copies;
use record::{ChainVerifier, Expected, GENESIS_HASH, Record};

pub use record::ActionRequest;

/// Exit code of `pgdeck audit verify` for a broken hash chain, as of `pgdeck check` for critical.
const BROKEN: u8 = 2;
/// How often the log is read again because a record was written meanwhile.
const MAX_READINGS: usize = 10;

/// The log. Cheap to clone.
#[derive(Clone)]
pub struct Audit {
    /// One connection with `synchronous = full`: every commit waits for the disk.
    pool: SqlitePool,
    /// Record ids of the actions that this process is running.
    running: Arc<Mutex<HashSet<i64>>>,
    /// Where the head is kept outside the data directory; None where it is not.
    anchor: Option<Arc<Anchor>>,
    copies: Copies,
    failed_sign_ins: Arc<FailedSignIns>,
}

impl Audit {
    /// Opens the log in the data directory, and anchors it. Without an anchor it goes on, and says so.
    pub async fn open(data_dir: &Path, places: &AuditPlaces) -> Result<Self, Failure> {
        let pool = database::open_synced(data_dir).await?;
        let anchor = match &places.anchor {
            Some(folder) => Anchor::create(folder, data_dir).map_err(|error| error.to_string()),
            None => Err("there is no home directory".into()),
        };
        let anchor = anchor.inspect_err(|error| {
            tracing::warn!(%error, "the audit log is not anchored: cutting its end will not be seen; name a directory outside the data directory with audit_anchor");
        });
        let log = Self::new(pool, anchor.ok(), Copies::from(places));
        if let Err(error) = log.adopt().await {
            tracing::error!(%error, "the head of the audit log could not be anchored");
        }
        Ok(log)
    }

    /// Opens the log of a directory that has one: a misspelled directory is no empty log.
    async fn open_existing(data_dir: &Path, places: &AuditPlaces) -> Result<Self, Failure> {
        database::require(data_dir)?;
        let anchor = match &places.anchor {
            Some(folder) => Anchor::existing(folder, data_dir).map_err(|error| {
                Failure::failed(format!("the key of the audit log cannot be read: {error}."))
            })?,
            None => None,
        };
        Ok(Self::new(database::open_synced(data_dir).await?, anchor, Copies::from(places)))
    }

    fn new(pool: SqlitePool, anchor: Option<Anchor>, copies: Copies) -> Self {
        Self {
            pool,
            running: Arc::default(),
            anchor: anchor.map(Arc::new),
            copies,
            failed_sign_ins: Arc::default(),
        }
    }

    /// Anchors a log that is not yet, and ends what a killed pgdeck had begun. What does not fit stays as
    /// it is, for `verify`.
    async fn adopt(&self) -> Result<(), sqlx::Error> {
        let Some(anchor) = &self.anchor else { return Ok(()) };
        let mut transaction = self.pool.begin_with("begin immediate").await?;
        let (records, hash) = head(&mut transaction).await?;
        if anchor.heads()?.is_none() {
            if records > 0 {
                tracing::warn!(
                    records,
                    "the audit log is anchored from now on; of what is in it already, nothing outside it tells"
                );
            }
            anchor.write(&[&Head { since: records + 1, records, hash }])?;
        }
        transaction.rollback().await?;
        let head = self.settle().await?;
        // Its first line: that a copy is missing can then be told from one that has none yet.
        if self.copies.file.as_ref().is_some_and(|path| !path.exists()) {
            self.add_to_copies(head.as_ref());
        }
        Ok(())
    }

    /// Anchors the head that the log has, if it is one of those that were to be expected. Anchors are
    /// written under SQLite's write lock only: several processes may append.
    async fn settle(&self) -> Result<Option<Head>, sqlx::Error> {
        let Some(anchor) = &self.anchor else { return Ok(None) };
        let mut transaction = self.pool.begin_with("begin immediate").await?;
        let (records, hash) = head(&mut transaction).await?;
        let head = anchored(anchor, records, &hash)?;
        match &head {
            Some(head) => anchor.write(&[head])?,
            None => tracing::error!(
                records,
                "the audit log is not the one that is anchored; pgdeck audit verify says what differs"
            ),
        }
        transaction.rollback().await?;
        Ok(head)
    }

    fn add_to_copies(&self, head: Option<&Head>) {
        if let (Some(anchor), Some(head)) = (&self.anchor, head) {
            self.copies.add(&anchor.seal().line(head));
        }
    }

    /// Writes the record before an action; it is on disk when this returns. Returns its id.
    pub async fn record_request(&self, request: &ActionRequest<'_>) -> Result<i64, sqlx::Error> {
        let record = Record::of_request(request, now_ms());
        let id = self.append(vec![record]).await?;
        self.running.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        Ok(id)
    }

    /// Writes the record of the outcome; `act` is the id of the first record.
    pub async fn record_outcome(&self, act: i64, done: &Done) -> Result<(), sqlx::Error> {
        let record = Record::of_outcome(act, done, now_ms());
        let written = self.append(vec![record]).await.map(drop);
        self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&act);
        written
    }

    /// Writes both records of what has happened already.
    pub async fn record_event(
        &self,
        request: &ActionRequest<'_>,
        done: &Done,
    ) -> Result<(), sqlx::Error> {
        let now = now_ms();
        // The number of the first is known when it is appended.
        let records = vec![Record::of_request(request, now), Record::of_outcome(0, done, now)];
        self.append(records).await.map(drop)
    }

    /// Appends under SQLite's write lock, so that the hash chain never forks; returns the number of the
    /// first. The head to come is anchored before the commit, and alone after it.
    async fn append(&self, mut records: Vec<Record>) -> Result<i64, sqlx::Error> {
        let mut transaction = self.pool.begin_with("begin immediate").await?;
        let (before, hash) = head(&mut transaction).await?;
        let mut next = (before, hash.clone());
        for record in &mut records {
            record.id = next.0 + 1;
            if record.act == Some(0) {
                record.act = Some(before + 1);
            }
            record.hash = record.hash_after(&next.1);
            next = (record.id, record.hash.clone());
            insert(&mut transaction, record).await?;
        }
        if let Some(anchor) = &self.anchor
            && let Some(old) = anchored(anchor, before, &hash)?
        {
            let next = Head { since: old.since, records: next.0, hash: next.1 };
            anchor.write(&[&old, &next])?;
        }
        transaction.commit().await?;
        // The records are on disk; what goes wrong from here on must not deny that.
        match self.settle().await {
            Ok(head) => self.add_to_copies(head.as_ref()),
            Err(error) => {
                tracing::error!(%error, "the head of the audit log could not be anchored");
            }
        }
        Ok(before + 1)
    }

    /// Verifies the whole hash chain, and compares it with what is kept outside the log.
    pub async fn verify(&self) -> Result<Chain, sqlx::Error> {
        let mut known = self.expected();
        for _ in 0..MAX_READINGS {
            let expected = match known {
                Ok(expected) => expected,
                Err(message) => return Ok(Chain::Doubtful { message }),
            };
            let chain = self.read_beside(expected.clone()).await?;
            known = self.expected();
            if known.as_ref() == Ok(&expected) {
                return Ok(chain);
            }
        }
        Err(std::io::Error::other("it is written to all the time; try again").into())
    }

    /// What is kept outside the log; the error is a clause about what cannot be read or believed there.
    fn expected(&self) -> Result<Expected, String> {
        let Some(anchor) = &self.anchor else { return Ok(Expected::default()) };
        let mut expected = Expected::default();
        // A line is added when its record is on disk: whatever is read of it must be in the log.
        if let Some(path) = &self.copies.file {
            let shown = path.display();
            expected.hashes = copies::read(path, anchor.seal())
                .map_err(|error| format!("{shown} cannot be read: {error}."))?
                .map_err(|(line, _)| {
                    format!("line {line} of {shown} was not written with the key.")
                })?;
            expected.least = expected.hashes.last_key_value().map_or(0, |(records, _)| *records);
        }
        let path = anchor.path().display();
        let heads = anchor.heads().map_err(|error| format!("{path} cannot be read: {error}."))?;
        let Some(heads) = heads else { return Ok(expected) };
        let heads = heads.map_err(|_| format!("{path} was not written with the key."))?;
        expected.since = heads.first().map(|head| head.since);
        expected.least = expected.least.max(heads.first().map_or(0, |head| head.records));
        expected.most = heads.last().map(|head| head.records);
        expected.hashes.extend(heads.into_iter().map(|head| (head.records, head.hash)));
        expected.hashes.remove(&0);
        Ok(expected)
    }

    async fn read_beside(&self, expected: Expected) -> Result<Chain, sqlx::Error> {
        use futures::TryStreamExt;
        let mut connection = self.pool.acquire().await?;
        let written: Option<i64> =
            sqlx::query_scalar("select seq from sqlite_sequence where name = 'audit'")
                .fetch_optional(&mut *connection)
                .await?;
        let mut verifier = ChainVerifier::new(expected);
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

/// `pgdeck audit verify`: prints one sentence; exit code 0 intact, 2 broken, 3 nothing to compare it with.
pub async fn verify(audit: &crate::cli::Audit, env: &Environment) -> Result<ExitCode, Failure> {
    let crate::cli::AuditWhat::Verify = audit.what;
    let data_dir = config::data_directory(&audit.place, env)?;
    let log = Audit::open_existing(&data_dir, &config::audit_places(&audit.place, env)?).await?;
    let chain = log.verify().await;
    log.close().await;
    let chain = chain
        .map_err(|error| Failure::failed(format!("the audit log cannot be verified: {error}.")))?;
    println!("{}", chain.message());
    Ok(match chain {
        Chain::Whole { head, since, .. } => {
            println!("{head}");
            if since.is_some() { ExitCode::SUCCESS } else { ExitCode::from(NOT_CHECKED) }
        }
        Chain::Broken { .. } | Chain::Doubtful { .. } => ExitCode::from(BROKEN),
    })
}

/// The anchored head that the log has; None where the log has another.
fn anchored(anchor: &Anchor, records: i64, hash: &str) -> std::io::Result<Option<Head>> {
    let Some(Ok(heads)) = anchor.heads()? else { return Ok(None) };
    Ok(heads.into_iter().find(|head| head.records == records && head.hash == hash))
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
