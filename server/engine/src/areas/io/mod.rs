//! Cache and I/O: who reads and writes (`pg_stat_io`), checkpoints, what sessions have to write themselves, and WAL.
//! Cumulative counters, told as what was added between two readings.
// What a server counts may be anything: sums of it saturate.
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

mod memory;
mod metrics;
pub mod past;
mod points;
mod rows;
/// The rules of this area.
pub mod rules {
    pub mod backend_fsyncs;
    pub mod requested_checkpoints;

    use model::io::Io;

    use crate::rule::{Rule, rules};

    rules! {
        Rule<Io>, "io": requested_checkpoints, backend_fsyncs
    }
}

use model::io::{Io, WalCounts};
use model::server::Facts;
use model::{AreaName, Known, Reason};

use crate::area::{Area, read};
use crate::connection::{Observer, Rows};
use crate::error::Error;
use crate::metrics::Metrics;
use crate::sql::{Query, sql};
use memory::{Sample, State};
use rows::{IoCounters, IoCountersRow};

sql! {
    CHECKPOINT_COUNTERS = "checkpoint_counters" [14, 16, 17, 18];
    WAL_COUNTERS = "wal_counters" [14];
    WAL_STATES = "wal_states" [14];
    IO_COUNTERS = "io_counters" [16, 18];
}

/// The first major with `pg_stat_io` (PostgreSQL 16, release notes, "Monitoring").
const IO_SINCE: u16 = 16;

/// The area.
pub struct IoArea;

impl Area for IoArea {
    type Value = Io;
    type State = State;
    type History = ();
    const NAME: AreaName = AreaName::Io;
    const EVERY_MS: u32 = 10_000;
    const RULES: &'static [crate::rule::Rule<Io>] = rules::RULES;
    const QUERIES: &'static [Query] = QUERIES;

    async fn collect(
        observer: &mut Observer,
        facts: &Facts,
        state: &mut State,
        now_ms: i64,
    ) -> Result<Io, Error> {
        // The last has no answer where the server is too old for it.
        let mut sets = read(observer, facts, QUERIES).await?.into_iter();
        let too_old = || Err(Reason::TooOld { needs: IO_SINCE, has: facts.major });
        let mut next = || sets.next().unwrap_or_else(too_old);
        let checkpoints = next().and_then(|rows| rows.one());
        let wal: Known<WalCounts> = next().and_then(|rows| rows.one());
        let wal_state = next().and_then(|rows| rows.one());
        let io = next().and_then(|rows: Rows| rows.all::<IoCountersRow>());
        let sample = Sample {
            at_ms: now_ms,
            io: io.map(IoCounters::from_rows),
            checkpoints,
            wal: wal.and_then(|counts| written_here(counts, facts)),
            state: wal_state,
        };
        Ok(state.add(sample, facts))
    }

    fn points(value: &Io) -> Option<Vec<history::Point>> {
        Some(points::points(value))
    }

    fn metrics(value: &Io, server: &str, text: &mut Metrics) {
        metrics::metrics(value, server, text);
    }
}

/// A standby receives WAL and writes none of its own.
fn written_here(counts: WalCounts, facts: &Facts) -> Known<WalCounts> {
    match facts.in_recovery {
        true => Err(Reason::OtherRole { needs: "primary".into() }),
        false => Ok(counts),
    }
}
