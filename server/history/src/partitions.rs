//! Where PostgreSQL puts a chunk: tables partitioned by time, each resolution for itself, so that retention
//! drops whole partitions instead of deleting rows.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use sqlx::AssertSqlSafe;

use crate::db::{Conn, Raw, query};
use crate::level::Level;
use crate::settings::Retention;

/// Sources that are read more seldom than this have no minutes, so their ticks are kept as long as those.
pub(crate) const SELDOM_MS: i64 = 20_000;
/// Bits of a place that are a time: enough for a thousand years.
const TIME_BITS: u32 = 45;
const TIMES: i64 = 1 << TIME_BITS;
/// No partition is narrower.
const DAY_MS: i64 = 86_400_000;
/// As many partitions hold what is kept of a resolution.
const PARTITIONS: i64 = 8;
/// Serialises those who make the schema or partitions.
pub(crate) const LOCK: i64 = 0x7067_6465_636b_7061;

/// What is kept equally long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Class {
    /// Its resolution.
    pub(crate) level: Level,
    /// Ticks of a source that is read seldom.
    pub(crate) seldom: bool,
}

impl Class {
    /// All of them.
    pub(crate) const ALL: [Self; 5] = [
        Self { level: Level::Raw, seldom: false },
        Self { level: Level::Raw, seldom: true },
        Self { level: Level::Minute, seldom: false },
        Self { level: Level::Hour, seldom: false },
        Self { level: Level::Day, seldom: false },
    ];

    /// Its number in a place.
    const fn number(self) -> i64 {
        match (self.level, self.seldom) {
            (Level::Raw, false) => 0,
            (Level::Raw, true) => 1,
            (level, _) => level as i64 + 1,
        }
    }

    /// How long it is kept, ms.
    pub(crate) fn keep_ms(self, keep: &Retention) -> i64 {
        match (self.level, self.seldom) {
            (Level::Raw, false) => keep.raw_ms,
            (Level::Raw, true) => keep.minutes_ms.max(keep.raw_ms),
            (Level::Minute, _) => keep.minutes_ms,
            (Level::Hour, _) => keep.hours_ms,
            (Level::Day, _) => keep.days_ms,
        }
    }

    /// The least and the greatest place of it.
    pub(crate) const fn places(self) -> (i64, i64) {
        (self.number() * TIMES, (self.number() + 1) * TIMES - 1)
    }

    /// The place of a chunk of it that begins at a time.
    pub(crate) fn place(self, from_ms: i64) -> i64 {
        self.number() * TIMES + from_ms.clamp(0, TIMES - 1)
    }
}

/// How the tables are laid out.
#[derive(Debug)]
pub(crate) struct Partitions {
    /// TimescaleDB makes partitions by itself; its schema, quoted.
    pub(crate) timescale: Option<String>,
    keep: Retention,
    /// Bounds of partitions that are there.
    known: Mutex<BTreeMap<i64, i64>>,
}

impl Partitions {
    /// Partitions whose width follows from how long things are kept.
    pub(crate) fn new(timescale: Option<String>, keep: Retention) -> Self {
        Self { timescale, keep, known: Mutex::default() }
    }

    /// Forgets what is there: it may have changed.
    pub(crate) fn forget(&self) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn knows(&self, place: i64) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.range(..=place).next_back().is_some_and(|(_, to)| place < *to)
    }

    /// Makes the partition of a place within the transaction, if there is none.
    pub(crate) async fn ensure(&self, conn: &mut Conn, place: i64) -> Result<(), sqlx::Error> {
        if self.timescale.is_some() || self.knows(place) {
            return Ok(());
        }
        query("select pg_catalog.pg_advisory_xact_lock($1)").bind(LOCK).execute(conn).await?;
        let all = bounds(conn).await?;
        if !all.iter().any(|(from, to)| (*from..*to).contains(&place)) {
            let (from, to) = free(place, self.width(place), &all);
            for parent in ["chunk", "block"] {
                let name = name(parent, from, to);
                run(
                    conn,
                    format!(
                        "create table {name} (like {parent} including defaults including storage)"
                    ),
                )
                .await?;
                run(conn, format!("alter table {parent} attach partition {name} for values from ({from}) to ({to})")).await?;
            }
        }
        let all = bounds(conn).await?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        *known = all.into_iter().collect();
        Ok(())
    }

    /// The width of a new partition at a place, ms.
    fn width(&self, place: i64) -> i64 {
        let class = Class::ALL.into_iter().find(|class| class.number() == place >> TIME_BITS);
        let keep_ms = class.map_or(DAY_MS, |class| class.keep_ms(&self.keep));
        // A store that keeps everything has partitions of a year.
        (keep_ms / PARTITIONS / DAY_MS).clamp(1, 365) * DAY_MS
    }
}

/// A partition around a place that overlaps none of the others and stays in its class.
fn free(place: i64, width: i64, all: &[(i64, i64)]) -> (i64, i64) {
    let base = place >> TIME_BITS << TIME_BITS;
    let from = place - (place - base) % width;
    let before = all.iter().map(|(_, to)| *to).filter(|to| *to <= place).max();
    let after = all.iter().map(|(from, _)| *from).filter(|from| *from > place).min();
    let to = (from + width).min(base + TIMES);
    (from.max(before.unwrap_or(i64::MIN)), to.min(after.unwrap_or(i64::MAX)))
}

fn name(parent: &str, from: i64, to: i64) -> String {
    format!("{parent}_{from}_{to}")
}

/// The bounds of all partitions, out of their names.
async fn bounds(conn: &mut Conn) -> Result<Vec<(i64, i64)>, sqlx::Error> {
    let rows = query("select c.relname::text from pg_catalog.pg_inherits i join pg_catalog.pg_class c on c.oid = i.inhrelid where i.inhparent = 'block'::regclass order by 1")
        .fetch_all(conn).await?;
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        let name: String = row.try_get(0)?;
        let mut parts = name.split('_').skip(1).map(str::parse::<i64>);
        if let (Some(Ok(from)), Some(Ok(to))) = (parts.next(), parts.next()) {
            all.push((from, to));
        }
    }
    Ok(all)
}

/// How many partitions there are, or chunks of hypertables.
pub(crate) async fn count(conn: &mut Conn) -> Result<i64, sqlx::Error> {
    query("select count(*) from pg_catalog.pg_inherits where inhparent = 'block'::regclass")
        .scalar(conn)
        .await
}

/// Drops the partitions in which everything is older than is kept. One transaction.
pub(crate) async fn drop_old(conn: &mut Conn, now_ms: i64) -> Result<(), sqlx::Error> {
    let Some(partitions) = conn.partitions() else { return Ok(()) };
    // While it waits for the lock of a table, everyone else waits for it.
    run(conn, "set local lock_timeout = '1s'".to_owned()).await?;
    let all = if partitions.timescale.is_some() { Vec::new() } else { bounds(conn).await? };
    for class in Class::ALL {
        let before_ms = now_ms.saturating_sub(class.keep_ms(&partitions.keep));
        if let Some(schema) = &partitions.timescale {
            drop_chunks(conn, schema, class, before_ms).await?;
        }
        let (least, greatest) = class.places();
        let ended = |bounds: &&(i64, i64)| {
            bounds.0 >= least && bounds.0 <= greatest && bounds.1 - least < before_ms
        };
        for (from, to) in all.iter().filter(ended) {
            drop_partition(conn, class.level, (*from, *to), before_ms).await?;
        }
    }
    Ok(())
}

/// Drops a partition, unless something in it is still wanted, or waits for compaction.
async fn drop_partition(
    conn: &mut Conn,
    level: Level,
    (from, to): (i64, i64),
    before_ms: i64,
) -> Result<(), sqlx::Error> {
    let held: i64 = query("select count(*) from chunk where place >= $1 and place < $2 and (to_ms >= $3 or tier <= 0)")
        .bind(from).bind(to).bind(before_ms)
        .scalar(conn).await?;
    if held > 0 {
        return Ok(());
    }
    complete_after(conn, level, from, to).await?;
    for parent in ["chunk", "block"] {
        run(conn, format!("drop table {}", name(parent, from, to))).await?;
    }
    if let Some(partitions) = conn.partitions() {
        partitions.forget();
    }
    Ok(())
}

/// The same by TimescaleDB, whose chunks begin where it wants; the longest of ours lasts 64 days.
async fn drop_chunks(
    conn: &mut Conn,
    schema: &str,
    class: Class,
    before_ms: i64,
) -> Result<(), sqlx::Error> {
    let span = if class.level == Level::Day { 64 } else { 7 } * DAY_MS;
    let (least, _) = class.places();
    let upto = class.place(before_ms.saturating_sub(span));
    complete_after(conn, class.level, least, upto).await?;
    for parent in ["chunk", "block"] {
        run(conn, format!("select {schema}.drop_chunks('{parent}'::regclass, older_than => {upto}::bigint, newer_than => {least}::bigint)")).await?;
    }
    Ok(())
}

/// Notes that what lies in these places is about to go.
async fn complete_after(
    conn: &mut Conn,
    level: Level,
    from: i64,
    to: i64,
) -> Result<(), sqlx::Error> {
    query("insert into kept (source, level, since_ms) select source, $1, max(to_ms) + 1 from chunk where place >= $2 and place < $3 group by source on conflict (source, level) do update set since_ms = greatest(kept.since_ms, excluded.since_ms)")
        .bind(level.number()).bind(from).bind(to)
        .execute(conn).await?;
    Ok(())
}

/// Runs DDL that is made of our own names and of numbers.
async fn run(conn: &mut Conn, sql: String) -> Result<(), sqlx::Error> {
    if let Raw::Postgres(conn) = conn.raw() {
        sqlx::query(AssertSqlSafe(sql)).execute(conn).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_do_not_overlap_and_stay_in_their_class() {
        let raw = Class::ALL[0];
        let day = |number: i64| raw.place(number * DAY_MS);
        assert_eq!(free(day(5) + 17, DAY_MS, &[]), (day(5), day(6)));
        let others = [(day(4), day(5) + 10), (day(5) + 90, day(9))];
        assert_eq!(free(day(5) + 17, DAY_MS, &others), (day(5) + 10, day(5) + 90));
        let (least, greatest) = Class::ALL[4].places();
        assert_eq!(free(greatest, 365 * DAY_MS, &[]).1, greatest + 1);
        assert_eq!(free(least, 365 * DAY_MS, &[(0, 9)]).0, least);
        assert_eq!(Class::ALL[3].place(-5), Class::ALL[3].places().0);
    }

    #[test]
    fn the_width_follows_from_how_long_is_kept() {
        let partitions = Partitions::new(None, Retention::default());
        let days = |class: usize| partitions.width(Class::ALL[class].place(0)) / DAY_MS;
        assert_eq!([days(0), days(1), days(2), days(3), days(4)], [1, 4, 4, 50, 137]);
    }
}
