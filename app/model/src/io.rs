//! Cache and I/O: who reads and writes, checkpoints and WAL, each as what was counted between two readings.
// What a server counts may be anything: sums of it saturate.
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

use serde::{Deserialize, Serialize};

use crate::reason::Known;

/// Operations of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Operations {
    /// How many; from PostgreSQL 18 on, one may be of several blocks.
    pub count: i64,
    /// Bytes read or written; zero for fsync.
    pub bytes: i64,
    /// Time they took, ms; zero while its recording is off.
    pub ms: f64,
}

impl Operations {
    /// What was added since `before`; None where a counter fell.
    pub fn since(&self, before: &Self) -> Option<Self> {
        let added = Self {
            count: rise(before.count, self.count)?,
            bytes: rise(before.bytes, self.bytes)?,
            ms: self.ms - before.ms,
        };
        (added.ms >= 0.0).then_some(added)
    }

    /// The mean time of one, ms. A wait for another session's read has a time and is no read of its own
    /// (PostgreSQL 19): of no operations there is no mean.
    pub fn mean_ms(&self) -> Option<f64> {
        (self.count > 0).then(|| self.ms / self.count as f64)
    }
}

/// What one kind of process does to one kind of object in one context: a row of `pg_stat_io`. None is an
/// operation that cannot occur there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct IoRow {
    /// `client backend`, `checkpointer`, …
    pub backend_type: String,
    /// `relation`, `temp relation`, `wal`.
    pub object: String,
    /// `normal`, `vacuum`, `bulkread`, `bulkwrite`, `init`.
    pub context: String,
    /// Reads from outside shared buffers: the operating system may have had the block.
    pub reads: Option<Operations>,
    /// Writes to the operating system.
    pub writes: Option<Operations>,
    /// New blocks at the end of a file.
    pub extends: Option<Operations>,
    /// Files that were flushed to disk.
    pub fsyncs: Option<Operations>,
    /// Blocks found in shared buffers.
    pub hits: Option<i64>,
    /// Blocks written out of shared or local buffers to make room.
    pub evictions: Option<i64>,
    /// Buffers of a ring that were used again.
    pub reuses: Option<i64>,
}

impl IoRow {
    /// What stands in the first three columns, which name the row.
    pub fn key(&self) -> [&str; 3] {
        [&self.backend_type, &self.object, &self.context]
    }

    /// What was added since `before`, which is None where nothing had been counted; None where a counter fell.
    pub fn since(&self, before: Option<&Self>) -> Option<Self> {
        let operations = |of: fn(&Self) -> Option<Operations>| match of(self) {
            Some(now) => now.since(&before.and_then(of).unwrap_or_default()).map(Some),
            None => Some(None),
        };
        let counted = |of: fn(&Self) -> Option<i64>| match of(self) {
            Some(now) => rise(before.and_then(of).unwrap_or_default(), now).map(Some),
            None => Some(None),
        };
        Some(Self {
            backend_type: self.backend_type.clone(),
            object: self.object.clone(),
            context: self.context.clone(),
            reads: operations(|row| row.reads)?,
            writes: operations(|row| row.writes)?,
            extends: operations(|row| row.extends)?,
            fsyncs: operations(|row| row.fsyncs)?,
            hits: counted(|row| row.hits)?,
            evictions: counted(|row| row.evictions)?,
            reuses: counted(|row| row.reuses)?,
        })
    }

    /// Whether anything was done.
    pub fn is_active(&self) -> bool {
        let all = [self.reads, self.writes, self.extends, self.fsyncs];
        let counted = all.into_iter().flatten().any(|one| one.count > 0 || one.ms > 0.0);
        counted || self.hits.is_some_and(|hits| hits > 0)
    }

    /// Bytes read, written and added to files.
    pub fn bytes(&self) -> i64 {
        let all = [self.reads, self.writes, self.extends];
        all.into_iter().flatten().fold(0, |sum, one| sum.saturating_add(one.bytes))
    }

    /// Share of the requested blocks that shared buffers had, percent; None where none was asked for. From bytes:
    /// from PostgreSQL 18 on, one read may be of several blocks.
    pub fn hit_percent(&self, block_bytes: i64) -> Option<f64> {
        let (hits, read) = (self.hits?, self.reads?.bytes.checked_div(block_bytes.max(1))?);
        let all = hits.saturating_add(read);
        (all > 0).then(|| 100.0 * hits as f64 / all as f64)
    }
}

/// What was done between two readings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct IoSpan {
    /// How far apart they are, ms.
    pub span_ms: f64,
    /// The rows in which something was done, the most bytes first.
    pub rows: Vec<IoRow>,
}

impl IoSpan {
    /// A sum over the rows, per second.
    pub fn per_second(&self, of: impl Fn(&IoRow) -> i64) -> f64 {
        let sum = self.rows.iter().map(of).fold(0_i64, i64::saturating_add);
        if self.span_ms > 0.0 { 1e3 * sum as f64 / self.span_ms } else { 0.0 }
    }
}

/// Checkpoints, and the buffers that each kind of process wrote: as counted, or what was added between two
/// readings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
pub struct CheckpointCounts {
    /// Checkpoints that `checkpoint_timeout` began; on a standby restartpoints.
    pub timed: i64,
    /// Checkpoints that were requested: by `max_wal_size`, by a command or by a base backup.
    pub requested: i64,
    /// Time writing, ms.
    pub write_ms: f64,
    /// Time in fsync, ms.
    pub sync_ms: f64,
    /// Buffers that checkpoints wrote.
    pub buffers_checkpoint: i64,
    /// Buffers that the background writer wrote.
    pub buffers_clean: i64,
    /// How often the background writer stopped because it had written `bgwriter_lru_maxpages`.
    pub maxwritten_clean: i64,
    /// Buffers that sessions wrote themselves; before PostgreSQL 16 with the new pages and those of autovacuum.
    pub buffers_backend: i64,
    /// Buffers of a ring (large scan, bulk load, VACUUM) that sessions wrote; None before PostgreSQL 16.
    pub buffers_ring: Option<i64>,
    /// How often sessions made a file longer; None before PostgreSQL 16.
    pub buffers_extend: Option<i64>,
    /// Files that sessions had to flush to disk themselves.
    pub backend_fsyncs: i64,
    /// The newest reset of any of the views that were read, ms since the epoch.
    pub stats_reset_ms: Option<i64>,
}

impl CheckpointCounts {
    /// What was added since `before`; None where a counter fell or was reset.
    pub fn since(&self, before: &Self) -> Option<Self> {
        let counted = |of: fn(&Self) -> i64| rise(of(before), of(self));
        let known = |of: fn(&Self) -> Option<i64>| match (of(before), of(self)) {
            (Some(before), Some(now)) => rise(before, now).map(Some),
            _ => Some(None),
        };
        let ms = |of: fn(&Self) -> f64| Some(of(self) - of(before)).filter(|ms| *ms >= 0.0);
        if before.stats_reset_ms != self.stats_reset_ms {
            return None;
        }
        Some(Self {
            timed: counted(|c| c.timed)?,
            requested: counted(|c| c.requested)?,
            write_ms: ms(|c| c.write_ms)?,
            sync_ms: ms(|c| c.sync_ms)?,
            buffers_checkpoint: counted(|c| c.buffers_checkpoint)?,
            buffers_clean: counted(|c| c.buffers_clean)?,
            maxwritten_clean: counted(|c| c.maxwritten_clean)?,
            buffers_backend: counted(|c| c.buffers_backend)?,
            buffers_ring: known(|c| c.buffers_ring)?,
            buffers_extend: known(|c| c.buffers_extend)?,
            backend_fsyncs: counted(|c| c.backend_fsyncs)?,
            stats_reset_ms: self.stats_reset_ms,
        })
    }

    /// How many checkpoints there were.
    pub fn all(&self) -> i64 {
        self.timed.saturating_add(self.requested)
    }

    /// Share of them that were requested, percent; None of none.
    pub fn requested_percent(&self) -> Option<f64> {
        (self.all() > 0).then(|| 100.0 * self.requested as f64 / self.all() as f64)
    }
}

/// Checkpoints over the last hour, or since pgdeck looks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Checkpoints {
    /// Over how long, ms.
    pub over_ms: i64,
    /// What was added in that time.
    pub counts: CheckpointCounts,
    /// WAL written in that time, bytes; None on a standby, and where the position is not told.
    pub wal_bytes: Option<i64>,
    /// The most WAL within one `checkpoint_timeout`, bytes: what `max_wal_size` has to have room for.
    pub peak_wal_bytes: Option<f64>,
}

/// What was written to WAL: as counted, or what was added between two readings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
pub struct WalCounts {
    /// Records.
    pub wal_records: i64,
    /// Whole pages: the first change of a page after a checkpoint writes all of it.
    pub wal_fpi: i64,
    /// Bytes.
    pub wal_bytes: i64,
    /// How often a session wrote WAL itself because `wal_buffers` was full.
    pub wal_buffers_full: i64,
    /// When reset, ms since the epoch.
    pub stats_reset_ms: Option<i64>,
}

impl WalCounts {
    /// What was added since `before`; None where a counter fell or was reset.
    pub fn since(&self, before: &Self) -> Option<Self> {
        if before.stats_reset_ms != self.stats_reset_ms {
            return None;
        }
        Some(Self {
            wal_records: rise(before.wal_records, self.wal_records)?,
            wal_fpi: rise(before.wal_fpi, self.wal_fpi)?,
            wal_bytes: rise(before.wal_bytes, self.wal_bytes)?,
            wal_buffers_full: rise(before.wal_buffers_full, self.wal_buffers_full)?,
            stats_reset_ms: self.stats_reset_ms,
        })
    }
}

/// WAL over the last minute.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WalSpan {
    /// Over how long, ms.
    pub span_ms: f64,
    /// What was added in that time.
    pub counts: WalCounts,
}

/// The settings of cache and checkpoints, and where WAL stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
pub struct WalState {
    /// Where WAL stands, bytes; None on a standby.
    pub wal_position_bytes: Option<i64>,
    /// WAL written since the last checkpoint began, bytes; None on a standby.
    pub since_checkpoint_bytes: Option<i64>,
    /// When the last checkpoint began, ms since the epoch; on a standby that of the primary from which the last
    /// restartpoint was made.
    pub last_checkpoint_ms: Option<i64>,
    /// `block_size`.
    pub block_bytes: i64,
    /// `shared_buffers`.
    pub shared_buffers_bytes: i64,
    /// `max_wal_size`.
    pub max_wal_size_bytes: i64,
    /// `wal_segment_size`.
    pub wal_segment_bytes: i64,
    /// `checkpoint_timeout`.
    pub checkpoint_timeout_s: i64,
    /// `checkpoint_warning`: checkpoints closer together are told in the server's log.
    pub checkpoint_warning_s: i64,
    /// `checkpoint_completion_target`.
    pub completion_target: f64,
    /// Whether the time of reads and writes is recorded.
    pub track_io_timing: bool,
    /// Whether that of WAL is.
    pub track_wal_io_timing: bool,
}

impl WalState {
    /// After how much WAL a checkpoint is requested, bytes: `max_wal_size` has to hold the WAL of this checkpoint
    /// and, while it goes on, that of the next (`CalculateCheckpointSegments` in xlog.c; whole segments).
    pub fn trigger_bytes(&self) -> i64 {
        let segment = self.wal_segment_bytes.max(1);
        let segments = self.max_wal_size_bytes as f64 / (1.0 + self.completion_target);
        segment.saturating_mul(((segments / segment as f64) as i64).max(1))
    }

    /// The `max_wal_size` with which that much WAL requests no checkpoint, bytes.
    pub fn max_wal_size_for(&self, wal_bytes: f64) -> f64 {
        wal_bytes * (1.0 + self.completion_target)
    }
}

/// Everything that is read in one tick.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Io {
    /// Whether it is a standby: checkpoints are restartpoints then.
    pub in_recovery: bool,
    /// Who read and wrote in the last minute.
    pub rows: Known<IoSpan>,
    /// The same since the reading before.
    pub tick: Known<IoSpan>,
    /// What was counted since the last reset, row by row: for metrics alone, and sent nowhere else.
    #[serde(skip, default = "unread")]
    pub rows_counted: Known<Vec<IoRow>>,
    /// Checkpoints in the last hour.
    pub checkpoints: Known<Checkpoints>,
    /// The same since the reading before.
    pub checkpoints_tick: Known<CheckpointCounts>,
    /// Checkpoints since the counters were reset.
    pub counted: Known<CheckpointCounts>,
    /// WAL in the last minute.
    pub wal: Known<WalSpan>,
    /// The same since the reading before.
    pub wal_tick: Known<WalSpan>,
    /// WAL since the last reset: for metrics alone.
    #[serde(skip, default = "unread")]
    pub wal_counted: Known<WalCounts>,
    /// Settings, and where WAL stands.
    pub state: Known<WalState>,
}

fn unread<T>() -> Known<T> {
    Err(crate::reason::Reason::NotYet)
}

/// How far a counter rose; None when it fell.
fn rise(before: i64, now: i64) -> Option<i64> {
    now.checked_sub(before).filter(|rise| *rise >= 0)
}

#[cfg(test)]
mod tests;
