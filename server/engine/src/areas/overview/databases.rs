//! Databases one by one: rates over about a minute from their counters, and sizes, which are read far
//! more seldom. A counter that fell or a reset is a gap, never a negative number.

use std::cmp::Ordering;
use std::collections::{HashMap, VecDeque};

use model::overview::{Database, DatabaseRates, Databases};
use model::server::Facts;
use model::{Known, Reason};

use super::DATABASE_SIZES;
use crate::area::read;
use crate::connection::Observer;
use crate::error::{Error, quoted};

/// Rates are of the last minute, ms: over a few seconds rows would change places all the time.
const RATES_OVER_MS: i64 = 60_000;
/// Deadlocks and recovery conflicts are rare: they are counted over a quarter of an hour, ms.
const EVENTS_OVER_MS: i64 = 900_000;
/// A longer pause between two readings is a gap, ms.
const LONGEST_PAUSE_MS: i64 = 30_000;
/// How many databases are shown.
const SHOWN: usize = 50;
/// How often sizes are read, ms: PostgreSQL looks at every file for them.
const SIZES_EVERY_MS: i64 = 600_000;
/// And how often where that took longer than `statement_timeout`, ms.
const SLOW_SIZES_EVERY_MS: i64 = 3_600_000;

/// One database as read.
#[derive(Clone, Debug, Default, PartialEq, sqlx::FromRow)]
pub struct Row {
    oid: i64,
    #[sqlx(try_from = "model::text::Text")]
    datname: String,
    sessions: i64,
    xid_age: i64,
    commits: i64,
    rollbacks: i64,
    rows_read: i64,
    rows_written: i64,
    temp_bytes: i64,
    blocks_requested: i64,
    blocks_hit: i64,
    block_bytes: i64,
    deadlocks: i64,
    conflicts: i64,
    stats_reset_ms: Option<i64>,
    total: i64,
}

/// What is remembered of databases between ticks.
#[derive(Default)]
pub struct State {
    /// The last minute: when, and the counters by oid.
    samples: VecDeque<(i64, HashMap<i64, Row>)>,
    /// When deadlocks or conflicts were seen: when, oid, how many of each.
    events: VecDeque<(i64, i64, [i64; 2])>,
    /// Since when they are counted.
    watched_since_ms: Option<i64>,
    /// The server as it was: counters do not survive another start or role.
    server: Option<(i64, bool)>,
    pub sizes: Sizes,
}

/// What a pair of readings says of one counter; None where it fell.
fn rise(before: &Row, now: &Row, of: fn(&Row) -> i64) -> Option<i64> {
    of(now).checked_sub(of(before)).filter(|rise| *rise >= 0)
}

impl State {
    /// The databases with their rates, the busiest first.
    pub fn rates(&mut self, rows: Vec<Row>, facts: &Facts, now_ms: i64) -> Databases {
        self.forget(facts, now_ms);
        let since = *self.watched_since_ms.get_or_insert(now_ms);
        for row in &rows {
            self.note_events(row, now_ms);
        }
        let total = rows.first().map_or(0, |row| row.total);
        let mut databases: Vec<Database> =
            rows.iter().map(|row| self.database(row, facts, now_ms)).collect();
        databases.sort_by(busiest_first);
        databases.truncate(SHOWN);
        self.samples.push_back((now_ms, rows.into_iter().map(|row| (row.oid, row)).collect()));
        let events_over_ms = now_ms.saturating_sub(since).clamp(0, EVENTS_OVER_MS) as f64;
        Databases { rows: databases, total, events_over_ms }
    }

    fn forget(&mut self, facts: &Facts, now_ms: i64) {
        let server = Some((facts.started_ms, facts.in_recovery));
        let paused = |(at_ms, _): &(i64, _)| now_ms.saturating_sub(*at_ms) > LONGEST_PAUSE_MS;
        if self.server != server || self.samples.back().is_some_and(paused) {
            self.samples.clear();
        }
        self.server = server;
        let too_old = |at_ms: i64, most: i64| now_ms.saturating_sub(at_ms) > most;
        while self.samples.front().is_some_and(|(at_ms, _)| too_old(*at_ms, RATES_OVER_MS)) {
            self.samples.pop_front();
        }
        while self.events.front().is_some_and(|(at_ms, ..)| too_old(*at_ms, EVENTS_OVER_MS)) {
            self.events.pop_front();
        }
    }

    fn note_events(&mut self, row: &Row, now_ms: i64) {
        let newest = self.samples.back().and_then(|(_, rows)| rows.get(&row.oid));
        let Some(before) = newest.filter(|before| before.stats_reset_ms == row.stats_reset_ms)
        else {
            return;
        };
        let seen = [rise(before, row, |r| r.deadlocks), rise(before, row, |r| r.conflicts)];
        let seen = seen.map(Option::unwrap_or_default);
        if seen != [0, 0] {
            self.events.push_back((now_ms, row.oid, seen));
        }
    }

    fn database(&self, row: &Row, facts: &Facts, now_ms: i64) -> Database {
        Database {
            datname: row.datname.clone(),
            sessions: row.sessions,
            xid_age: row.xid_age,
            size_bytes: self.sizes.of(row, facts),
            rates: self.rates_of(row, now_ms),
        }
    }

    /// Against the oldest reading of the last minute that counts from the same reset.
    fn rates_of(&self, row: &Row, now_ms: i64) -> Known<DatabaseRates> {
        let mut reason = Reason::NeedsTwoReadings;
        for (at_ms, rows) in &self.samples {
            let Some(before) = rows.get(&row.oid) else { continue };
            let seconds = now_ms.saturating_sub(*at_ms) as f64 / 1_000.0;
            if before.stats_reset_ms == row.stats_reset_ms
                && seconds > 0.0
                && let Some(rates) = rates(before, row, seconds)
            {
                let [deadlocks, conflicts] = self.events_of(row.oid);
                return Ok(DatabaseRates { deadlocks, conflicts, ..rates });
            }
            reason = Reason::CounterReset;
        }
        Err(reason)
    }

    fn events_of(&self, oid: i64) -> [i64; 2] {
        let of_it = self.events.iter().filter(|(_, of, _)| *of == oid);
        of_it.fold([0, 0], |[d, c], (.., [deadlocks, conflicts])| {
            [d.saturating_add(*deadlocks), c.saturating_add(*conflicts)]
        })
    }
}

/// None where any counter fell: the statistics were lost between the two.
fn rates(before: &Row, now: &Row, seconds: f64) -> Option<DatabaseRates> {
    let rise = |of| rise(before, now, of);
    let per_s = |of| rise(of).map(|rise| rise as f64 / seconds);
    let (requested, hit) = (rise(|r| r.blocks_requested)?, rise(|r| r.blocks_hit)?);
    // The two counters are not read at one instant.
    let read = requested.saturating_sub(hit).max(0) as f64;
    Some(DatabaseRates {
        commits_per_s: per_s(|r| r.commits)?,
        rollbacks_per_s: per_s(|r| r.rollbacks)?,
        rows_read_per_s: per_s(|r| r.rows_read)?,
        rows_written_per_s: per_s(|r| r.rows_written)?,
        temp_bytes_per_s: per_s(|r| r.temp_bytes)?,
        read_bytes_per_s: read * now.block_bytes as f64 / seconds,
        cache_hit_percent: (requested > 0)
            .then(|| (100.0 * hit as f64 / requested as f64).clamp(0.0, 100.0)),
        deadlocks: 0,
        conflicts: 0,
    })
}

fn busiest_first(a: &Database, b: &Database) -> Ordering {
    let load = |database: &Database| {
        database.rates.as_ref().map_or(-1.0, |rates| rates.commits_per_s + rates.rollbacks_per_s)
    };
    load(b).total_cmp(&load(a)).then_with(|| a.datname.cmp(&b.datname))
}

/// Sizes of databases, as last read.
#[derive(Default)]
pub struct Sizes {
    asked_ms: Option<i64>,
    sizes: Option<Known<HashMap<i64, Option<i64>>>>,
}

#[derive(sqlx::FromRow)]
struct SizeRow {
    oid: i64,
    bytes: Option<i64>,
}

impl Sizes {
    fn is_due(&self, now_ms: i64) -> bool {
        let every_ms = match self.sizes {
            Some(Err(Reason::TimedOut { .. })) => SLOW_SIZES_EVERY_MS,
            _ => SIZES_EVERY_MS,
        };
        self.asked_ms.is_none_or(|asked_ms| now_ms.saturating_sub(asked_ms) >= every_ms)
    }

    /// Reads them where they are due.
    pub async fn read(
        &mut self,
        observer: &mut Observer,
        facts: &Facts,
        now_ms: i64,
    ) -> Result<(), Error> {
        if !self.is_due(now_ms) {
            return Ok(());
        }
        self.asked_ms = Some(now_ms);
        let rows = read(observer, facts, &[DATABASE_SIZES]).await?.pop();
        let rows = rows.unwrap_or(Err(Reason::NotYet)).and_then(|rows| rows.all::<SizeRow>());
        self.sizes =
            Some(rows.map(|rows| rows.into_iter().map(|row| (row.oid, row.bytes)).collect()));
        Ok(())
    }

    fn of(&self, row: &Row, facts: &Facts) -> Known<i64> {
        match &self.sizes {
            None => Err(Reason::NotYet),
            Some(Err(reason)) => Err(reason.clone()),
            Some(Ok(sizes)) => match sizes.get(&row.oid) {
                Some(Some(bytes)) => Ok(*bytes),
                Some(None) => Err(Reason::missing_grant(
                    format!("the size of the database {}", row.datname),
                    format!("grant pg_read_all_stats to {};", quoted(&facts.role)),
                )),
                // Younger than the newest reading of sizes.
                None => Err(Reason::NotYet),
            },
        }
    }
}

#[cfg(test)]
#[path = "databases_tests.rs"]
mod tests;
