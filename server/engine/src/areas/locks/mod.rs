//! Lock waits: the wait-for graph from `pg_locks`. One cheap number a second; the whole wait-for graph only while
//! a session waits, from one read of `pg_locks` (`docs/limits.md#lock-graph`: never `pg_blocking_pids`, whose
//! answers grow with the square of the queue).

mod cycles;
pub mod graph;
pub mod history;
mod metrics;
mod queue_order;
mod rates;
mod roots;
pub mod rows;
/// The rules of this area.
pub mod rules {
    pub mod antiwraparound_blocker;
    pub mod ddl_behind_reader;
    pub mod deadlocks;
    mod describe;
    pub mod forgotten_prepared_transaction;
    pub mod idle_blocker;
    pub mod lock_pile_up;
    pub mod lock_table_full;
    pub mod long_lock_wait;

    use model::locks::Locks;

    use crate::rule::{Rule, rules};

    rules! {
        Rule<Locks>, "locks":
        lock_pile_up, idle_blocker, ddl_behind_reader, long_lock_wait, antiwraparound_blocker,
        forgotten_prepared_transaction, deadlocks, lock_table_full
    }
}

use model::locks::{Graph, LockCounters, LockTable, Locks, PreparedTransaction};
use model::server::Facts;
use model::{AreaName, Known, Reason};

use self::graph::Names;
use self::history::History;
use self::rows::{LockRow, NameRow};
use crate::area::{Area, read};
use crate::connection::{Observer, Rows};
use crate::error::{Error, monitor_grant};
use crate::metrics::Metrics;
use crate::redact;
use crate::sql::{Query, sql};

sql! {
    LOCK_WAITS = "lock_waits" [14];
    UNGRANTED_LOCKS = "ungranted_locks" [14];
    LOCK_ROWS = "lock_rows" [14];
    PREPARED_TRANSACTIONS = "prepared_transactions" [14];
    RELATION_NAMES = "relation_names" [14];
    LOCK_TABLES = "lock_tables" [14];
    LOCK_COUNTERS = "lock_counters" [14, 16];
}

/// The limit in `lock_rows`: as many rows may have been left out.
const ROWS_READ: usize = 20_000;
/// How often counters, prepared transactions and the lock table are read, ms.
const SLOW_EVERY_MS: i64 = 10_000;
/// Ticks that read those first, so that a rate is known after the second.
const FIRST_TICKS: u32 = 2;
/// How long a relation's name is believed, ms: it may be renamed.
const NAMES_FOR_MS: i64 = 60_000;

/// The locks area.
pub struct LocksArea;

/// What locks remember between ticks.
#[derive(Default)]
pub struct State {
    ticks: u32,
    /// Whether a session waited at the last tick.
    waits: bool,
    slow_ms: i64,
    names: Names,
    names_ms: Option<i64>,
    /// The server's clock ahead of ours, ms.
    ahead_ms: i64,
    before: rates::Before,
    prepared: Option<Known<Vec<PreparedTransaction>>>,
    table: Option<Known<LockTable>>,
    counters: Option<Known<LockCounters>>,
    rates: Option<Known<model::locks::LockRates>>,
}

#[derive(sqlx::FromRow)]
struct Waits {
    server_now_ms: i64,
    waiting: i64,
    /// Whether our role sees what the sessions of others do.
    sees_all: bool,
}

/// The answers to the files of one tick, by query.
struct Answers(Vec<(&'static str, Known<Rows>)>);

impl Answers {
    fn take(&mut self, query: &Query) -> Option<Known<Rows>> {
        let place = self.0.iter().position(|(rows, _)| *rows == query.rows)?;
        Some(self.0.swap_remove(place).1)
    }

    fn all<T>(&mut self, query: &Query) -> Option<Known<Vec<T>>>
    where
        T: for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>,
    {
        self.take(query).map(|rows| rows.and_then(|rows| rows.all()))
    }

    fn one<T>(&mut self, query: &Query) -> Option<Known<T>>
    where
        T: for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>,
    {
        self.take(query).map(|rows| rows.and_then(|rows| rows.one()))
    }

    /// The counters, with those that the server does not tell.
    fn counters(&mut self) -> Option<Known<LockCounters>> {
        let counters = |rows: Rows| {
            let unread = rows.unread(|part| match part {
                "deadlocks" => Some(DEADLOCKS),
                "conflicts" => Some("Recovery conflicts"),
                "replay" => Some("Waits of replay"),
                _ => None,
            });
            Ok(LockCounters { unread, ..rows.one()? })
        };
        self.take(&LOCK_COUNTERS).map(|rows| rows.and_then(counters))
    }
}

/// The counter that a rule rests on, as it is called where it cannot be read.
const DEADLOCKS: &str = "Deadlocks";

impl Area for LocksArea {
    type Value = Locks;
    type State = State;
    type History = History;
    const NAME: AreaName = AreaName::Locks;
    const EVERY_MS: u32 = 1_000;
    const RULES: &'static [crate::rule::Rule<Locks>] = rules::RULES;
    const QUERIES: &'static [Query] = QUERIES;

    async fn collect(
        observer: &mut Observer,
        facts: &Facts,
        state: &mut State,
        now_ms: i64,
    ) -> Result<Locks, Error> {
        let queries = state.due(facts, now_ms);
        let sets = read(observer, facts, &queries).await?;
        let mut answers = Answers(queries.iter().map(|query| query.rows).zip(sets).collect());
        state.note_slow(&mut answers, now_ms);
        let (waiting, graph, others) = match answers.all::<LockRow>(&LOCK_ROWS) {
            Some(rows) => {
                let rows = rows.map_err(|reason| Error::Query { query: "lock_rows", reason })?;
                state.graph(rows, &mut answers, facts, now_ms)
            }
            None => state.probe(&mut answers, facts, now_ms)?,
        };
        state.waits = waiting > 0;
        state.ticks = state.ticks.saturating_add(1);
        let not_yet = || Reason::NotYet;
        Ok(Locks {
            server_now_ms: now_ms.saturating_add(state.ahead_ms),
            waiting,
            graph,
            prepared: state.prepared.clone().ok_or_else(not_yet).and_then(|known| known),
            table: state.table.clone().ok_or_else(not_yet).and_then(|known| known),
            counters: state.counters.clone().ok_or_else(not_yet).and_then(|known| known),
            rates: state.rates.clone().ok_or_else(not_yet).and_then(|known| known),
            serialization_failures: Err(Reason::Nothing {
                message: "PostgreSQL does not count serialization failures; it only logs them (SQLSTATE 40001)."
                    .into(),
            }),
            others,
        })
    }

    fn record(history: &mut History, at_ms: i64, value: &Locks) {
        history.record(at_ms, value);
    }

    fn recorded_history(history: &History) -> Option<serde_json::Value> {
        history.recorded()
    }

    fn history_of(recorded: serde_json::Value) -> Option<History> {
        History::of_recorded(recorded)
    }

    fn freed_by(value: &Locks, sessions: &[(i32, i64)]) -> Option<String> {
        let graph = value.graph.as_ref().ok()?;
        let node_of = |(pid, start_ms): &(i32, i64)| {
            let node = graph.node_of(*pid)?;
            let session = graph.node(node)?.session.as_ref()?;
            (session.backend_start_ms == Some(*start_ms)).then_some(node)
        };
        let nodes: Vec<u32> = sessions.iter().filter_map(node_of).collect();
        let freed = graph.blocking().ending(&nodes);
        (freed.count() > 0).then(|| freed.words())
    }

    fn without_query_text(value: &Locks) -> Option<Locks> {
        Some(value.without_query_text())
    }

    fn streamed(value: &Locks) -> Option<Locks> {
        Some(value.without_graph())
    }

    fn metrics(value: &Locks, server: &str, metrics: &mut Metrics) {
        metrics::metrics(value, server, metrics);
    }
}

/// How many wait, the graph, and whether other roles' sessions are hidden.
type Seen = (i64, Known<Graph>, Known<()>);

impl State {
    /// What this tick asks, all of it in one round trip.
    fn due(&self, facts: &Facts, now_ms: i64) -> Vec<Query> {
        let mut queries = Vec::new();
        let slow = self.ticks < FIRST_TICKS || now_ms - self.slow_ms >= SLOW_EVERY_MS;
        if self.waits {
            queries.push(LOCK_ROWS);
            if self.names_ms.is_none_or(|at| now_ms - at >= NAMES_FOR_MS) {
                queries.push(RELATION_NAMES);
            }
        } else if (facts.pg_monitor || facts.superuser) && !facts.in_recovery {
            queries.push(LOCK_WAITS);
        } else {
            queries.push(UNGRANTED_LOCKS);
        }
        if self.waits || slow {
            queries.push(PREPARED_TRANSACTIONS);
        }
        if slow {
            queries.extend([LOCK_TABLES, LOCK_COUNTERS]);
        }
        queries
    }

    /// Takes what is not read at every tick.
    fn note_slow(&mut self, answers: &mut Answers, now_ms: i64) {
        if let Some(prepared) = answers.all(&PREPARED_TRANSACTIONS) {
            self.prepared = Some(prepared);
        }
        if let Some(table) = answers.one(&LOCK_TABLES) {
            self.table = Some(table);
        }
        if let Some(counters) = answers.counters() {
            let since = |counters: &LockCounters| self.before.since(now_ms, counters);
            self.rates = Some(counters.as_ref().map_err(Clone::clone).and_then(since));
            self.counters = Some(counters);
            self.slow_ms = now_ms;
        }
    }

    /// A tick that only asked whether any session waits. When one does, the next one reads who.
    fn probe(&mut self, answers: &mut Answers, facts: &Facts, now_ms: i64) -> Result<Seen, Error> {
        let waits = answers.one::<Waits>(&LOCK_WAITS).or_else(|| answers.one(&UNGRANTED_LOCKS));
        let waits = waits.unwrap_or(Err(Reason::NotYet));
        let waits = waits.map_err(|reason| Error::Query { query: "lock_waits", reason })?;
        self.ahead_ms = waits.server_now_ms.saturating_sub(now_ms);
        if waits.waiting > 0 {
            // Who waits is read at the next tick, and by name.
            self.names_ms = None;
        }
        let graph = if waits.waiting == 0 {
            Ok(Graph { server_now_ms: waits.server_now_ms, ..Graph::default() })
        } else {
            Err(Reason::NotYet)
        };
        let others = if waits.sees_all { Ok(()) } else { hidden(facts) };
        Ok((waits.waiting, graph, others))
    }

    fn graph(
        &mut self,
        mut rows: Vec<LockRow>,
        answers: &mut Answers,
        facts: &Facts,
        now_ms: i64,
    ) -> Seen {
        if let Some(Ok(names)) = answers.all::<NameRow>(&RELATION_NAMES) {
            let names = names.into_iter();
            self.names = names.map(|n| ((n.database.unwrap_or(0), n.id), n.name)).collect();
            self.names_ms = Some(now_ms);
        }
        if let Some(row) = rows.first() {
            self.ahead_ms = row.server_now_ms.saturating_sub(now_ms);
        }
        let others = if rows.iter().any(|row| row.hidden) { hidden(facts) } else { Ok(()) };
        rows.iter_mut().for_each(redacted);
        let known = self.prepared.as_ref().and_then(|prepared| prepared.as_deref().ok());
        let complete = rows.len() < ROWS_READ;
        let mut graph = graph::build(&rows, known.unwrap_or_default(), &self.names, complete);
        if rows.is_empty() {
            graph.server_now_ms = now_ms.saturating_add(self.ahead_ms);
        }
        let mut keys = graph.queues.iter().filter_map(|queue| graph::name_key(&queue.object));
        if keys.any(|key| self.lacks_name(key)) {
            self.names_ms = None;
        }
        (graph.waiting() as i64, Ok(graph), others)
    }

    /// Whether a name that may be ours to know was not among the names.
    fn lacks_name(&self, key: (i64, i64)) -> bool {
        let ours = || self.names.keys().any(|(database, _)| *database == key.0);
        !self.names.contains_key(&key) && (self.names.is_empty() || ours())
    }
}

/// Drops a text that is hidden from us or must not be shown.
fn redacted(row: &mut LockRow) {
    row.session.query = match row.session.query.take() {
        Some(text) if !row.hidden && !text.is_empty() => Some(redact::statement(&text)),
        _ => None,
    };
}

fn hidden(facts: &Facts) -> Known<()> {
    let sql = monitor_grant(facts);
    Err(Reason::missing_grant("the sessions of other roles", sql))
}
