//! A statement that says how long it took, between two readings of the server's clock and beside the server's own
//! sum: calls and time of a difference are compared with all three.

use std::ops::AddAssign;

use model::statements::{Bound, Measure, Moved, Tick};
use playground::Server;
use sqlx::{PgConnection, Row};

use super::harness::{COUNTED, Reader, run};
use crate::support::Result;

/// It says how long it took, ms.
const TIMED: &str = "select timed(0.02)";
const FUNCTION: &str = "
    create function timed(seconds float8) returns float8 language plpgsql as $$
    declare begun timestamptz := clock_timestamp();
    begin
      perform pg_sleep(seconds);
      return 1000 * extract(epoch from clock_timestamp() - begun);
    end $$";
/// Calls of one run.
const CALLS: usize = 4;
/// A part that is allowed: what the console shows is within one per cent of what the workload counted.
const WITHIN: f64 = 0.01;
/// The clocks of extension and function count in other units, ms.
const ROUNDING: f64 = 0.01;

/// What was done, by everybody who counted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Done {
    calls: f64,
    /// As the statement measured itself, ms: a little less than the execution took.
    inside: f64,
    /// From before the first to after the last, ms: more than the executions took.
    around: f64,
    /// As the server's entry grew meanwhile: calls, ms.
    entry: (f64, f64),
}

impl AddAssign for Done {
    fn add_assign(&mut self, more: Self) {
        self.calls += more.calls;
        self.inside += more.inside;
        self.around += more.around;
        self.entry = (self.entry.0 + more.entry.0, self.entry.1 + more.entry.1);
    }
}

/// The statement, its entry, a session, and all that was compared.
pub struct Timed {
    session: PgConnection,
    pub queryid: i64,
    all: Done,
    said: f64,
}

impl Timed {
    /// Makes its function, and finds out its identity.
    pub async fn new(server: &Server, reader: &mut Reader) -> Result<Self> {
        server.exec(FUNCTION).await?;
        let session = server.connect().await?;
        let mut timed = Self { session, queryid: 0, all: Done::default(), said: 0.0 };
        timed.run(0).await?;
        let sql = "select queryid from pg_stat_statements where query like 'select timed(%'";
        timed.queryid = sqlx::query_scalar(sql).fetch_one(&mut timed.session).await?;
        reader.read().await?;
        Ok(timed)
    }

    /// Connects anew: the server was away, or another has its place.
    pub async fn connect(&mut self, server: &Server) -> Result {
        self.session = server.connect().await?;
        Ok(())
    }

    /// Runs the counted statement that often and the timed one some times. Nothing else disturbs the counters
    /// meanwhile.
    pub async fn run(&mut self, counted: u32) -> Result<Done> {
        run(&mut self.session, COUNTED, counted).await?;
        let before = self.entry().await?;
        let clock = "select extract(epoch from clock_timestamp())::float8 * 1000";
        let all = [&[clock][..], &[TIMED; CALLS], &[clock]].concat().join("; ");
        let rows = sqlx::raw_sql(sqlx::AssertSqlSafe(all)).fetch_all(&mut self.session).await?;
        let said: Vec<f64> = rows
            .iter()
            .map(|row| row.try_get(0))
            .collect::<std::result::Result<_, sqlx::Error>>()?;
        let [begin, inside @ .., end] = said.as_slice() else { anyhow::bail!("{said:?}") };
        let after = self.entry().await?;
        Ok(Done {
            calls: inside.len() as f64,
            inside: inside.iter().sum(),
            around: end - begin,
            entry: (after.0 - before.0, after.1 - before.1),
        })
    }

    /// Runs one statement of another kind.
    pub async fn exec(&mut self, sql: &str) -> Result {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut self.session).await?;
        Ok(())
    }

    /// Calls and time of its entry; of none, none.
    async fn entry(&mut self) -> Result<(f64, f64)> {
        let sql = "select coalesce(sum(calls), 0)::float8, coalesce(sum(total_exec_time), 0)
                     from pg_stat_statements where queryid = $1";
        Ok(sqlx::query_as(sql).bind(self.queryid).fetch_one(&mut self.session).await?)
    }

    /// A difference says that this was done: each call, and the time within one per cent.
    pub fn agrees(&mut self, tick: &Tick, done: Done, bound: Bound) {
        let of_it = |moved: &&Moved| moved.key.queryid == self.queryid;
        let moved = tick.moved.iter().find(of_it).cloned().unwrap_or_default();
        let (calls, ms) = (moved.sums.get(Measure::Calls), moved.sums.get(Measure::ExecTime));
        assert_eq!((calls, moved.bound), (done.calls, bound), "{moved:?}");
        assert_eq!(done.calls, done.entry.0, "{done:?}");
        assert!((ms - done.entry.1).abs() <= WITHIN * done.entry.1, "{ms} ms, {done:?}");
        // What the machine did between two clocks is nobody's: then the outer one is the bound.
        let most = (done.inside * (1.0 + WITHIN)).max(done.around) + ROUNDING;
        assert!(ms >= done.inside - ROUNDING && ms <= most, "{ms} ms, {done:?}");
        self.all += done;
        self.said += ms;
    }

    /// A difference knows nothing of it.
    pub fn is_absent(&self, tick: &Tick) {
        assert!(tick.moved.iter().all(|moved| moved.key.queryid != self.queryid), "{tick:?}");
    }

    /// All that was compared, for who reads the output.
    pub fn report(&self, major: u16) {
        let off = |ms: f64| 100.0 * (self.said / ms - 1.0);
        let (own, entry) = (off(self.all.inside), off(self.all.entry.1));
        println!(
            "{major}: {} calls, {:.1} ms: {own:+.3} % of what they measured, {entry:+.6} % of the server's sum",
            self.all.calls, self.said
        );
    }
}
