//! Plans many statements in one session, one after another, each in a transaction of its own that is rolled
//! back; with hypothetical indexes (`hypothetical`), which live as long as the session.

mod hypothetical;

use std::time::Duration;

use model::explain::{Mode, NotExplained, Options, Refusal, Request};
use model::{Known, Reason};
use sqlx::Arguments;
use sqlx::postgres::{PgArguments, PgRow};

use super::common_values::Compared;
use super::guard::Guarded;
use super::planner::own_run;
use super::run::{NETWORK, dsn};
use super::{BACKENDS, SAMPLE_VALUES, TABLE_WRITES, TRIGRAMS, script};
use crate::capability::{OLDEST_MAJOR, unsupported};
use crate::connection::batch::BEGIN;
use crate::connection::on_demand::{OnDemand, Stop};
use crate::server::WatchedServer;
use crate::sql::Query;

/// When the server gives up on one plan, ms.
const TIMEOUT_MS: u64 = 1_000;
/// Who serves us.
#[derive(sqlx::FromRow)]
struct ServedBy {
    major: i32,
    #[sqlx(try_from = "model::text::Text")]
    role: String,
    superuser: bool,
}

#[derive(sqlx::FromRow)]
struct ValueRow {
    #[sqlx(try_from = "model::text::MaybeText")]
    value: Option<String>,
}

/// What was written to a table.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct TableWrites {
    /// Its schema.
    #[sqlx(try_from = "model::text::Text")]
    pub schema: String,
    /// Its name.
    #[sqlx(try_from = "model::text::Text")]
    pub name: String,
    /// Rows inserted.
    pub n_tup_ins: f64,
    /// Rows updated.
    pub n_tup_upd: f64,
    /// Of these without new index entries.
    pub n_tup_hot_upd: f64,
    /// Rows deleted.
    pub n_tup_del: f64,
    /// Seconds since the counters were reset, where they were.
    pub counted_seconds: Option<f64>,
    /// Its indexes that nothing but queries needs: not unique, of no constraint, no replica identity, not the order
    /// of CLUSTER, no part of a partitioned index.
    pub droppable: Vec<String>,
    /// What creates each of these.
    pub definitions: Vec<String>,
}

#[derive(sqlx::FromRow)]
struct ClassRow {
    #[sqlx(try_from = "model::text::Text")]
    class: String,
}

/// A value of a column, by the column's statistics.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The column.
    pub column: Compared,
    /// The place in its histogram, 0 to 1; None for its most common value.
    pub bound: Option<f64>,
}

/// A session that plans. To be closed.
pub struct SerialPlanner {
    session: OnDemand,
    major: u16,
    role: String,
    /// The schema of hypopg, once it was found to be usable.
    schema: Option<String>,
    /// Whether its version can hide indexes.
    can_hide: bool,
}

impl SerialPlanner {
    /// Connects, and refuses a role that must not plan.
    pub async fn open(server: &WatchedServer, database: &str) -> Result<Self, NotExplained> {
        let dsn = dsn(server, Some(database))?;
        let session = OnDemand::open(&dsn, &server.budget, server.overhead.clone()).await?;
        let mut planner =
            Self { session, major: 0, role: String::new(), schema: None, can_hide: false };
        let mut rows: Vec<ServedBy> = planner.read(BACKENDS, PgArguments::default()).await?;
        let served = rows.pop().ok_or(Reason::NotYet)?;
        planner.major = u16::try_from(served.major).unwrap_or(0);
        if let Some(reason) = unsupported(planner.major) {
            return Err(reason.into());
        }
        if served.superuser && !server.explains.superuser_may_explain() {
            return Err(Refusal::Superuser { role: served.role }.into());
        }
        planner.role = served.role;
        Ok(planner)
    }

    /// Ends the session, and with it the hypothetical indexes.
    pub async fn close(self) {
        self.session.close().await;
    }

    /// The plan of a statement as JSON, VERBOSE: for these values, or for any.
    ///
    /// Errors: the outer one ends the session, the inner one is about this statement.
    pub async fn plan(
        &mut self,
        guarded: &Guarded,
        values: Option<Vec<Option<String>>>,
    ) -> Result<Result<String, NotExplained>, Reason> {
        let options = Options { generic: values.is_none(), verbose: true, ..Options::default() };
        let request = Request {
            run: own_run(),
            statement: guarded.text().to_owned(),
            database: None,
            parameters: values.unwrap_or_default(),
            mode: Mode::Plan,
            options,
        };
        let script = match script::script(guarded, &request, self.major, TIMEOUT_MS) {
            Ok(script) => script,
            Err(refusal) => return Ok(Err(refusal.into())),
        };
        self.command(script.begin.clone()).await?;
        if let Some(prepare) = &script.prepare {
            if let Err(stop) = self.session.run(prepare, within()).await {
                return self.refused(stop, script::ROLLBACK.to_owned()).await;
            }
            self.command(script::SAVEPOINT.to_owned()).await?;
        }
        match self.session.run(&script.explain, within()).await {
            Ok(plan) => {
                self.command(script.end).await?;
                let nothing = || Reason::Nothing { message: "EXPLAIN gave no plan.".into() };
                Ok(plan.ok_or_else(|| nothing().into()))
            }
            Err(stop) => self.refused(stop, script.end).await,
        }
    }

    /// What a refused statement means, after its transaction was ended.
    async fn refused<T>(
        &mut self,
        stop: Stop,
        end: String,
    ) -> Result<Result<T, NotExplained>, Reason> {
        let is_refused = matches!(stop, Stop::Refused(_));
        let reason = self.session.reason(stop, TIMEOUT_MS);
        if !is_refused {
            return Err(reason);
        }
        self.command(end).await?;
        Ok(Err(reason.into()))
    }

    async fn command(&mut self, text: String) -> Result<(), Reason> {
        let done = self.session.command(text, within()).await;
        done.map_err(|stop| self.session.reason(stop, TIMEOUT_MS))
    }

    async fn read<T>(&mut self, query: Query, arguments: PgArguments) -> Known<Vec<T>>
    where
        T: for<'r> sqlx::FromRow<'r, PgRow> + Send + Unpin,
    {
        let file = query.pick(OLDEST_MAJOR).ok_or(Reason::NotYet)?;
        self.command(self.begin()).await?;
        let rows = self.session.rows(file, arguments, within()).await;
        let rows = rows.map_err(|stop| self.session.reason(stop, TIMEOUT_MS));
        self.command(script::ROLLBACK.to_owned()).await?;
        rows
    }

    fn begin(&self) -> String {
        let lock = script::LOCK_TIMEOUT_MS;
        format!(
            "{BEGIN};set local statement_timeout = {TIMEOUT_MS};set local lock_timeout = {lock}"
        )
    }

    /// A value for each of the columns; None where the statistics have none or may not be read.
    pub async fn values(&mut self, places: &[Place]) -> Known<Vec<Option<String>>> {
        let columns = || places.iter().map(|place| &place.column);
        let schemas: Vec<Option<String>> = columns().map(|one| one.schema.clone()).collect();
        let tables: Vec<String> = columns().map(|one| one.table.clone()).collect();
        let names: Vec<String> = columns().map(|one| one.column.clone()).collect();
        let bounds: Vec<Option<f64>> = places.iter().map(|place| place.bound).collect();
        let mut arguments = PgArguments::default();
        let added = arguments.add(schemas).and_then(|()| arguments.add(tables));
        let added = added.and_then(|()| arguments.add(names));
        let added = added.and_then(|()| arguments.add(bounds));
        added.map_err(|_| Reason::NotSupported { what: "names of this kind".into() })?;
        let rows: Vec<ValueRow> = self.read(SAMPLE_VALUES, arguments).await?;
        Ok(rows.into_iter().map(|row| row.value).collect())
    }

    /// The operator class of pg_trgm for GIN, as SQL; None where it is not installed.
    pub async fn trigrams(&mut self) -> Known<Option<String>> {
        let rows: Vec<ClassRow> = self.read(TRIGRAMS, PgArguments::default()).await?;
        Ok(rows.into_iter().next().map(|row| row.class))
    }

    /// What was written to these tables.
    pub async fn writes(&mut self, tables: &[(Option<String>, String)]) -> Known<Vec<TableWrites>> {
        let (schemas, names): (Vec<Option<String>>, Vec<String>) = tables.iter().cloned().unzip();
        let mut arguments = PgArguments::default();
        let added = arguments.add(schemas).and_then(|()| arguments.add(names));
        added.map_err(|_| Reason::NotSupported { what: "names of this kind".into() })?;
        self.read(TABLE_WRITES, arguments).await
    }
}

fn within() -> Duration {
    Duration::from_millis(TIMEOUT_MS) + NETWORK
}
