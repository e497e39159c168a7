//! A server whose statements are counted: the area read at will, and what its differences add up to.

use engine::area::{Area, LookBack};
use engine::areas::statements::{State, StatementsArea};
use engine::now_ms;
use model::statements::{Bound, Measure, Moved, Statements, Tick};
use playground::{Server, ServerOptions};
use sqlx::{Connection, PgConnection};

use crate::support::Result;
use crate::support::observed::Observed;

/// The statement that is counted.
pub const COUNTED: &str = "select 1 as counted";
/// A second one.
pub const OTHER: &str = "select 1 as counted, 2 as other";

/// A server with the extension, of a version where one is given.
pub async fn started(options: ServerOptions, version: Option<&str>) -> Result<Server> {
    let server = options.setting("pg_stat_statements.track_utility", "off").start().await?;
    let version = version.map_or(String::new(), |version| format!(" version '{version}'"));
    server.exec(&format!("create extension pg_stat_statements{version}")).await?;
    Ok(server)
}

/// The area as the sampler reads it, at will.
pub struct Reader {
    server: Observed,
    state: State,
}

impl Reader {
    /// Connects as this login.
    pub async fn open(dsn: &str) -> Result<Self> {
        Ok(Self { server: Observed::open(dsn).await?, state: State::default() })
    }

    /// Connects anew, as the sampler does when a server was away; what it remembers stays.
    pub async fn reconnect(&mut self) -> Result {
        self.server.reconnect().await
    }

    /// The same name leads to another server.
    pub async fn redirect(&mut self, dsn: &str) -> Result {
        self.server.redirect(dsn).await
    }

    /// Which cluster it is: the history is kept under that.
    pub fn cluster(&self) -> Option<String> {
        self.server.facts.system_identifier.clone()
    }

    /// One reading.
    pub async fn read(&mut self) -> Result<Statements> {
        let now_ms = now_ms();
        let Observed { observer, facts, .. } = &mut self.server;
        Ok(StatementsArea::collect(observer, facts, &mut self.state, now_ms).await?)
    }

    /// What the sampler does after a reading.
    pub fn look_back(&mut self, value: &Statements, back: Option<&LookBack<'_>>) {
        StatementsArea::look_back(&mut self.state, value, back);
    }

    /// The difference to the reading before.
    pub async fn tick(&mut self) -> Result<Tick> {
        let read = self.read().await?;
        let entries = read.entries.map_err(|reason| anyhow::anyhow!("{}", reason.message()))?;
        entries.tick.map_err(|reason| anyhow::anyhow!("{}", reason.message()))
    }

    /// The key of the entry that ran that often since the reading before.
    pub async fn queryid(&mut self, server: &Server, sql: &'static str) -> Result<i64> {
        let (before, mut session) = (self.read().await?, server.connect().await?);
        drop(before);
        run(&mut session, sql, 97).await?;
        let tick = self.tick().await?;
        let ran = |moved: &&Moved| moved.sums.get(Measure::Calls) == 97.0;
        let found = tick.moved.iter().find(ran);
        found.map(|moved| moved.key.queryid).ok_or_else(|| anyhow::anyhow!("{sql}: {tick:?}"))
    }
}

/// Runs a statement that often in one session.
pub async fn run(session: &mut PgConnection, sql: &'static str, times: u32) -> Result {
    for _ in 0..times {
        sqlx::raw_sql(sql).execute(&mut *session).await?;
    }
    Ok(())
}

/// Runs a statement that often in each of three sessions at once.
pub async fn run_in_three(server: &Server, sql: &'static str, times: u32) -> Result {
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..3 {
        let mut session = server.connect().await?;
        running.spawn(async move {
            run(&mut session, sql, times).await?;
            session.close().await?;
            Ok::<_, anyhow::Error>(())
        });
    }
    while let Some(done) = running.join_next().await {
        done??;
    }
    Ok(())
}

/// What an entry did by a difference: calls, rows, and whether that is all.
pub fn did(tick: &Tick, queryid: i64) -> (f64, f64, Bound) {
    let of_it = tick.moved.iter().find(|moved| moved.key.queryid == queryid);
    of_it.map_or((0.0, 0.0, Bound::Exact), |moved| {
        (moved.sums.get(Measure::Calls), moved.sums.get(Measure::Rows), moved.bound)
    })
}
