//! What the store holds, for `/about`: bytes, growth, and when retention bites.

use std::path::PathBuf;
use std::sync::atomic::Ordering;

use serde::{Deserialize, Serialize};

use crate::db::{Conn, query, sql};
use crate::error::{Error, Stopped};
use crate::history::History;
use crate::partitions;
use crate::retention::used_bytes;

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// What the store holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// The file, or the database without user and password.
    pub path: PathBuf,
    /// Bytes in use.
    pub bytes: u64,
    /// The most it may use.
    pub most_bytes: u64,
    /// Values in single ticks, without roll-ups.
    pub samples: u64,
    /// Things that are known.
    pub entities: u64,
    /// Where the oldest roll-up begins, ms since the epoch; None while it is empty.
    pub oldest_ms: Option<i64>,
    /// Where the oldest ticks begin.
    pub oldest_tick_ms: Option<i64>,
    /// Bytes that a day adds at the present rate; None before there is an hour to judge by.
    pub bytes_a_day: Option<u64>,
    /// In how many days retention first drops ticks, at the present rate; 0 once it does. None as long as
    /// the rate is not known.
    pub retention_in_days: Option<f64>,
    /// Whether that is because the bytes are used up, not because of the ticks' age.
    pub by_bytes: bool,
    /// Values that were dropped since the start because the disk was slow or full.
    pub dropped: u64,
    /// Values that were refused since the start: not finite, or negative increments.
    pub refused: u64,
    /// Chunks with a wrong checksum that were met since the start.
    pub corrupt: u64,
    /// Why nothing is recorded at the moment.
    pub stopped: Option<Stopped>,
    /// Where a damaged file was moved to at the start.
    pub moved_aside: Option<PathBuf>,
    /// What there is to say of a store that several processes share.
    pub shared: Option<AboutShared>,
}

/// A store that several processes share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AboutShared {
    /// Processes that write into it at the moment.
    pub processes: u64,
    /// Servers that this process records for all of them.
    pub servers: u64,
    /// Partitions of its largest table.
    pub partitions: u64,
    /// What makes the partitions: `TimescaleDB 2.17.2`; None for PostgreSQL itself.
    pub partitioned_by: Option<String>,
    /// An extension that is there and not used: `Citus 12.1-1`.
    pub not_used: Option<String>,
}

impl History {
    /// What the store holds.
    ///
    /// Errors: when the file cannot be read.
    pub async fn about(&self) -> Result<About, Error> {
        self.find_about().await.map_err(|error| self.inner.db.error(&error))
    }

    async fn find_about(&self) -> Result<About, sqlx::Error> {
        let db = &self.inner.db;
        let mut conn = db.snapshot().await?;
        let bytes = used_bytes(&mut conn).await?;
        let row = query("select cast(coalesce(sum(samples) filter (where level = 0), 0) as bigint), min(from_ms), min(from_ms) filter (where level = 0), max(to_ms) filter (where level = 0), (select count(*) from entity) from chunk where tier >= 0")
            .fetch_one(&mut conn).await?;
        let oldest_ms: Option<i64> = row.try_get(1)?;
        let ticks: Option<(i64, i64)> = row.try_get::<Option<i64>>(2)?.zip(row.try_get(3)?);
        let bytes_a_day = match ticks {
            Some((oldest, newest)) => growth(&mut conn, bytes, oldest, newest).await?,
            None => None,
        };
        let keep = self.inner.settings.retention;
        let days = |ms: i64| ms.max(0) as f64 / DAY_MS as f64;
        let by_age =
            ticks.map(|(oldest, newest)| days(keep.raw_ms.saturating_sub(newest - oldest)));
        let by_bytes = bytes_a_day
            .filter(|_| keep.bytes > 0)
            .map(|growth| keep.bytes.saturating_sub(bytes) as f64 / growth.max(1) as f64);
        let bytes_first = matches!((by_bytes, by_age), (Some(bytes), Some(age)) if bytes < age);
        let (dropped, refused) = self.inner.pending.lost();
        let unsigned = |value: i64| u64::try_from(value).unwrap_or(0);
        Ok(About {
            path: db.path(),
            bytes,
            most_bytes: keep.bytes,
            samples: unsigned(row.try_get(0)?),
            entities: unsigned(row.try_get(4)?),
            oldest_ms,
            oldest_tick_ms: row.try_get(2)?,
            bytes_a_day,
            retention_in_days: if bytes_first {
                by_bytes
            } else {
                by_age.filter(|_| bytes_a_day.is_some())
            },
            by_bytes: bytes_first,
            dropped,
            refused,
            corrupt: self.inner.corrupt.load(Ordering::Relaxed),
            stopped: self.stopped(),
            moved_aside: self.moved_aside(),
            shared: self.shared(&mut conn).await?,
        })
    }

    async fn shared(&self, conn: &mut Conn) -> Result<Option<AboutShared>, sqlx::Error> {
        let Some(layout) = conn.partitions() else { return Ok(None) };
        let processes = query("select count(*) from process where expires_at >= clock_timestamp()");
        let processes: i64 = processes.scalar(conn).await?;
        let partitions = partitions::count(conn).await?;
        let (mut partitioned_by, mut not_used) = (None, None);
        for row in query("select extname::text, extversion from pg_catalog.pg_extension where extname in ('timescaledb', 'citus') order by 1").fetch_all(conn).await? {
            let (name, version): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            match name.as_str() {
                "timescaledb" if layout.timescale.is_some() => partitioned_by = Some(format!("TimescaleDB {version}")),
                "timescaledb" => not_used = Some(format!("TimescaleDB {version}")),
                _ => not_used = Some(format!("Citus {version}")),
            }
        }
        let unsigned = |value: i64| u64::try_from(value).unwrap_or(0);
        Ok(Some(AboutShared {
            processes: unsigned(processes),
            servers: self.inner.leases.load(Ordering::Relaxed),
            partitions: unsigned(partitions),
            partitioned_by,
            not_used,
        }))
    }
}

/// Bytes that the newest day has added, or what there is of it, with their share of indexes and names.
async fn growth(
    conn: &mut Conn,
    used: u64,
    oldest: i64,
    newest: i64,
) -> Result<Option<u64>, sqlx::Error> {
    let from = oldest.max(newest - DAY_MS);
    let span = newest - from;
    if span < DAY_MS / 24 {
        return Ok(None);
    }
    let row = query(sql::GROWTH).bind(from).bind(newest).fetch_one(conn).await?;
    let (added, all): (f64, f64) = (row.try_get(0)?, row.try_get(1)?);
    let share = used as f64 / all.max(1.0);
    Ok(Some((added * share * DAY_MS as f64 / span as f64) as u64))
}
