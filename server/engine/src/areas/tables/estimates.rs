//! Estimates how many bytes a rewrite of each table and of its indexes would give back.
//!
//! What columns are like changes with ANALYZE and DDL only. Of the largest tables it is kept, and they are estimated
//! in each reading. All others take turns, within a budget of time: what their columns are like is read, they are
//! estimated, and the bands alone are kept.

mod input;
mod turns;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bloat::Shape;
use foldhash::HashMap;
use model::Known;
use model::server::Facts;
use model::tables::{Table, TableBloat};

use self::input::{asked, of_estimate};
use self::turns::{ReadWith, Turn, read_with};
use crate::bloat::{MOST_TABLES, Sources, read_shapes, read_sources};
use crate::connection::Observer;
use crate::error::Error;

/// Tables of a database whose columns are kept, the largest: ten kilobytes each.
const MOST_KEPT: usize = 500;
/// The most tables that take their turn in one reading.
const MOST_IN_TURN: usize = 4 * MOST_TABLES;
/// No further part of them is begun after this time.
const TURN_BUDGET: Duration = Duration::from_millis(80);
/// An estimate of one that takes turns holds for four hours, unless it is analysed or altered: a part of them each minute
/// goes through a hundred thousand in 200 minutes.
const HOLDS_MS: i64 = 4 * 3_600_000;

/// What is known of the tables of one database.
#[derive(Default)]
pub struct Estimates {
    /// The columns of the largest.
    shapes: HashMap<u32, (ReadWith, Shape)>,
    /// What was estimated of the others.
    estimated: HashMap<u32, Estimated>,
}

/// An estimate, with what it was made of and when.
struct Estimated {
    with: ReadWith,
    at_ms: i64,
    bloat: Arc<Known<TableBloat>>,
}

/// The clock and the server's block size as tables were read.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// pgdeck's clock, ms since the epoch.
    pub now_ms: i64,
    /// Size of a block.
    pub block_bytes: u32,
}

impl Estimates {
    /// Writes to the tables what is estimated of them. A reason stands where it cannot be, and nothing where their
    /// turn has not come.
    pub async fn estimate(
        &mut self,
        observer: &mut Observer,
        facts: &Facts,
        moment: Moment,
        tables: &mut [Arc<Table>],
    ) -> Result<(), Error> {
        let ranked = turns::ranked(tables, moment.block_bytes);
        self.forget(&ranked);
        let sources = match self.read(observer, facts, moment, (tables, &ranked)).await {
            Ok(sources) => Ok(sources),
            // One reason for all of them.
            Err(Error::Query { reason, .. }) => Err(Arc::new(Err(reason))),
            Err(lost) => return Err(lost),
        };
        for place in ranked.places() {
            let Some(table) = tables.get_mut(place) else { continue };
            let bloat = self.of(table, &sources, moment.block_bytes);
            // Most are as they were: those are shared with the reading before.
            if table.bloat != bloat {
                Arc::make_mut(table).bloat = bloat;
            }
        }
        Ok(())
    }

    /// Forgets tables that are gone, and the columns of those that are not among the largest any more.
    fn forget(&mut self, ranked: &turns::Ranked) {
        let largest = ranked.largest(MOST_KEPT);
        self.shapes.retain(|oid, _| largest.contains(oid));
        largest.iter().for_each(|oid| drop(self.estimated.remove(oid)));
        // Some of those that are known are gone.
        if self.estimated.len().saturating_add(largest.len()) > ranked.count() {
            let there = ranked.oids();
            self.estimated.retain(|oid, _| there.contains(oid));
        }
    }

    /// Reads the columns of those whose turn it is, within the budget.
    async fn read(
        &mut self,
        observer: &mut Observer,
        facts: &Facts,
        moment: Moment,
        (tables, ranked): (&[Arc<Table>], &turns::Ranked),
    ) -> Result<Sources, Error> {
        let sources = read_sources(observer, facts).await?;
        let begun = Instant::now();
        for part in self.due(tables, ranked, moment.now_ms).chunks(MOST_TABLES) {
            let oids: Vec<u32> = part.iter().map(|turn| turn.oid).collect();
            let mut shapes = read_shapes(observer, facts, &sources, &oids).await?;
            for turn in part {
                let Some(table) = tables.get(turn.place) else { continue };
                let Some(shape) = shapes.remove(&turn.oid) else { continue };
                self.take(&sources, moment, (turn, table), shape);
            }
            if begun.elapsed() >= TURN_BUDGET {
                break;
            }
        }
        Ok(sources)
    }

    fn take(
        &mut self,
        sources: &Sources,
        moment: Moment,
        (turn, table): (&Turn, &Table),
        shape: Shape,
    ) {
        let with = read_with(table);
        if turn.is_kept {
            self.shapes.insert(turn.oid, (with, shape));
            return;
        }
        let estimate = bloat::estimate(&sources.server, &shape, &asked(table, moment.block_bytes));
        let bloat = Arc::new(Ok(of_estimate(estimate)));
        self.estimated.insert(turn.oid, Estimated { with, at_ms: moment.now_ms, bloat });
    }

    /// Those whose turn it is: of which nothing is known first, the largest of them before others; then those whose
    /// estimate is oldest.
    fn due(&self, tables: &[Arc<Table>], ranked: &turns::Ranked, now_ms: i64) -> Vec<Turn> {
        let mut due: Vec<Turn> = Vec::new();
        for (rank, place) in ranked.places().enumerate() {
            let Some(table) = tables.get(place) else { continue };
            let with = read_with(table);
            let is_kept = rank < MOST_KEPT;
            let since_ms = if is_kept {
                let is_known = self.shapes.get(&table.oid).is_some_and(|(known, _)| *known == with);
                (!is_known).then_some(0)
            } else {
                match self.estimated.get(&table.oid) {
                    None => Some(0),
                    Some(one)
                        if one.with != with || now_ms.saturating_sub(one.at_ms) >= HOLDS_MS =>
                    {
                        Some(one.at_ms)
                    }
                    Some(_) => None,
                }
            };
            due.extend(since_ms.map(|since_ms| Turn { oid: table.oid, place, is_kept, since_ms }));
        }
        due.sort_by_key(|turn| turn.since_ms);
        due.truncate(MOST_IN_TURN);
        due
    }

    /// None while its turn has not come.
    fn of(
        &self,
        table: &Table,
        sources: &Result<Sources, Arc<Known<TableBloat>>>,
        block_bytes: u32,
    ) -> Option<Arc<Known<TableBloat>>> {
        if let Some(one) = self.estimated.get(&table.oid) {
            return Some(Arc::clone(&one.bloat));
        }
        let sources = match sources {
            Ok(sources) => sources,
            Err(reason) => return Some(Arc::clone(reason)),
        };
        let (_, shape) = self.shapes.get(&table.oid)?;
        let estimate = bloat::estimate(&sources.server, shape, &asked(table, block_bytes));
        Some(Arc::new(Ok(of_estimate(estimate))))
    }
}

#[cfg(test)]
mod tests;
