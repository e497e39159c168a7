//! `History`: the store, opened. It flushes and looks after itself in the background.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::answers::{Gap, GapReason};
use crate::compact;
use crate::db::Db;
use crate::error::{Error, Stopped};
use crate::flush::Writer;
use crate::pending::{Batch, Pending};
use crate::postgres::{Address, Store};
use crate::recorder::Recorder;
use crate::resolve::Names;
use crate::retention;
use crate::settings::Settings;
use crate::sqlite::Database;

/// Time between two looks for work of compaction and retention.
const KEEP_MS: u64 = 10_000;
/// A batch that fails so often for no reason of the disk's is given up.
const MOST_FAILURES: u32 = 12;

/// The store. Cloning is cheap; the background work ends with the last clone.
#[derive(Clone, Debug)]
pub struct History {
    pub(crate) inner: Arc<Inner>,
}

/// What the clones share.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) db: Db,
    pub(crate) pending: Arc<Pending>,
    pub(crate) writer: tokio::sync::Mutex<Writer>,
    pub(crate) names: Names,
    pub(crate) settings: Settings,
    /// One at a time: compaction and retention.
    keeping: tokio::sync::Mutex<()>,
    stopped: Mutex<Option<Stopped>>,
    failures: AtomicU32,
    /// Blocks with a wrong checksum that were met since the start.
    pub(crate) corrupt: AtomicU64,
    /// Servers that this process records in a shared store.
    pub(crate) leases: AtomicU64,
}

impl History {
    /// Opens the store in this file and makes it where it is missing. A damaged file is moved aside and a
    /// new one begun: [`About`](crate::About) tells its new name.
    ///
    /// Errors: when the file cannot be written or a newer pgdeck wrote it. The console goes on without.
    pub async fn open(path: &Path, settings: Settings) -> Result<Self, Error> {
        let db = Db::File(Database::open(path, settings.max_pages).await?);
        compact::tidy(&db).await.map_err(|error| db.error(&error))?;
        Ok(Self::start(db, settings))
    }

    /// Opens the store in a database that several processes share, and makes its schema where it is missing.
    /// Each process records the servers that it holds a lease of. A database that is away is waited for: what
    /// is read is kept within the buffer.
    ///
    /// Errors: when the database refuses what is needed, or a newer pgdeck has written it. The console goes on
    /// without.
    pub async fn connect(address: &Address, settings: Settings) -> Result<Self, Error> {
        let db = Db::Shared(Box::new(Store::new(address.clone(), settings)));
        let history = Self::start(db, settings);
        if let Err(error) = history.inner.look().await {
            let error = history.inner.db.error(&error);
            if !matches!(error, Error::Unreachable { .. }) {
                history.inner.db.close().await;
                return Err(error);
            }
            history.inner.stop(&error);
        }
        Ok(history)
    }

    pub(crate) fn start(db: Db, settings: Settings) -> Self {
        let inner = Arc::new(Inner {
            pending: Arc::new(Pending::new(settings.buffer)),
            writer: tokio::sync::Mutex::new(Writer::new(&db, &settings)),
            names: Names::default(),
            settings,
            keeping: tokio::sync::Mutex::default(),
            stopped: Mutex::default(),
            failures: AtomicU32::new(0),
            corrupt: AtomicU64::new(0),
            leases: AtomicU64::new(0),
            db,
        });
        if settings.background {
            tokio::spawn(flushes(Arc::downgrade(&inner), settings.flush_ms));
            tokio::spawn(keeps(Arc::downgrade(&inner)));
        }
        Self { inner }
    }

    /// Takes what is read.
    pub fn recorder(&self) -> Recorder {
        Recorder::new(Arc::clone(&self.inner.pending))
    }

    /// Writes what waits, now.
    ///
    /// Errors: when the disk does not take it. Nothing is lost by that: it is tried again.
    pub async fn flush(&self) -> Result<(), Error> {
        self.inner.flush().await
    }

    /// Compacts, rolls up and applies retention, as the background does all the time; `now_ms` is the time
    /// that ages are measured from.
    ///
    /// Errors: when the disk does not take it. The next time goes on where this one stopped.
    pub async fn maintain(&self, now_ms: i64) -> Result<(), Error> {
        self.inner.maintain(now_ms).await.map_err(|error| self.inner.db.error(&error))
    }

    /// Writes what waits, leaves the servers to the other processes of a shared store, and closes it.
    ///
    /// Errors: when the last flush fails; the file is closed all the same.
    pub async fn close(self) -> Result<(), Error> {
        let flushed = self.flush().await;
        let left = self.inner.writer.lock().await.leave(&self.inner.db).await;
        let left = left.map_err(|error| self.inner.db.error(&error));
        self.inner.db.close().await;
        flushed.and(left)
    }

    /// Why nothing is recorded at the moment; None while all is well.
    pub fn stopped(&self) -> Option<Stopped> {
        self.inner.stopped.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where a damaged file was moved to when the store was opened.
    pub fn moved_aside(&self) -> Option<PathBuf> {
        self.inner.db.moved_aside()
    }
}

impl Inner {
    async fn flush(&self) -> Result<(), Error> {
        let mut writer = self.writer.lock().await;
        let why = match self.stopped.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            Some(stopped) => stopped.cause.clone(),
            None => "writing was slower than reading".to_owned(),
        };
        let mut batch = self.pending.take(&why);
        if batch.is_empty() && !writer.is_shared() {
            self.pending.settle();
            return Ok(());
        }
        let written = writer.write(&self.db, &mut batch).await;
        self.leases.store(writer.leases(), Ordering::Relaxed);
        match written {
            Ok(()) => {
                self.pending.settle();
                self.failures.store(0, Ordering::Relaxed);
                let mut stopped = self.stopped.lock().unwrap_or_else(PoisonError::into_inner);
                if stopped.take().is_some() {
                    tracing::info!("the history is recorded again");
                }
                Ok(())
            }
            Err(error) => {
                let error = self.db.error(&error);
                self.failed(&error, batch);
                Err(error)
            }
        }
    }

    /// Keeps the batch for the next time and says that recording has stopped.
    fn failed(&self, error: &Error, batch: Batch) {
        let failures = self.failures.fetch_add(1, Ordering::Relaxed) + 1;
        if matches!(error, Error::Corrupt { .. }) {
            self.db.mark_damaged();
        }
        let strange = matches!(error, Error::Other { .. } | Error::SharedOther { .. });
        if strange && failures >= MOST_FAILURES {
            self.failures.store(0, Ordering::Relaxed);
            self.give_up(&batch);
        } else {
            self.pending.put_back(batch);
        }
        self.stop(error);
    }

    /// Says that nothing is recorded.
    fn stop(&self, error: &Error) {
        let mut stopped = self.stopped.lock().unwrap_or_else(PoisonError::into_inner);
        match stopped.as_mut() {
            Some(stopped) => stopped.cause = error.to_string(),
            None => {
                tracing::error!(%error, "the history is not recorded");
                *stopped = Some(Stopped { since_ms: now_ms(), cause: error.to_string() });
            }
        }
    }

    async fn look(&self) -> Result<(), sqlx::Error> {
        self.writer.lock().await.look(&self.db).await
    }

    /// What never could be written becomes gaps, so that what follows can be.
    fn give_up(&self, batch: &Batch) {
        self.pending.settle();
        for tick in &batch.ticks {
            self.pending.gap(Gap {
                source: tick.source.clone(),
                from_ms: tick.at_ms - i64::from(tick.every_ms),
                to_ms: tick.at_ms,
                reason: GapReason::NotKept,
                detail: "the store refused it".to_owned(),
            });
        }
    }

    async fn compact(&self, now_ms: i64) -> Result<(), sqlx::Error> {
        while let Some(done) = compact::step(&self.db, now_ms).await? {
            self.corrupt.fetch_add(done.corrupt, Ordering::Relaxed);
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    async fn maintain(&self, now_ms: i64) -> Result<(), sqlx::Error> {
        let _one = self.keeping.lock().await;
        self.look().await?;
        // On a full disk compaction fails, and retention is what makes room.
        let compacted = self.compact(now_ms).await;
        retention::apply(&self.db, &self.settings.retention, now_ms).await?;
        compacted?;
        let mut writer = self.writer.lock().await;
        let oldest = now_ms.saturating_sub(self.settings.retention.days_ms);
        if retention::forget_entities(&self.db, oldest).await? > 0 {
            writer.forget_entities();
        }
        Ok(())
    }
}

async fn flushes(inner: Weak<Inner>, flush_ms: u64) {
    let mut ticks = tokio::time::interval(Duration::from_millis(flush_ms.max(10)));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(inner) = inner.upgrade() else { return };
        // `failed` has told it.
        if let Err(error) = inner.flush().await {
            tracing::debug!(%error, "the flush is tried again");
        }
    }
}

async fn keeps(inner: Weak<Inner>) {
    loop {
        tokio::time::sleep(Duration::from_millis(KEEP_MS)).await;
        let Some(inner) = inner.upgrade() else { return };
        if let Err(error) = inner.maintain(now_ms()).await {
            tracing::warn!(%error, "the history is not compacted");
        }
    }
}

/// Milliseconds since the epoch.
fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
