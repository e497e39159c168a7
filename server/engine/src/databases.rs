//! Reads database by database: a session sees the relations of one only. The database of the connection string
//! is read each time; the others take turns, on one session that moves from one to the next, for as long as a
//! budget of time lasts.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use model::server::Facts;
use model::{Known, OfDatabase, Reason};

use crate::connection::{Observer, Rows};
use crate::error::Error;
use crate::sql::{Fill, Query, SqlFile, sql};

sql! {
    OTHERS = "databases" [14];
    FETCH_CONSISTENCIES = "fetch_consistencies" [14, 15];
}

/// How long the other databases are read in one tick, at most; the one that is begun then is finished.
const OTHERS_BUDGET: Duration = Duration::from_secs(2);
/// The most databases of one server; the names of a thousand are asked for.
const MOST_DATABASES: usize = 1_000;

/// How one database is read, and what is remembered of it between two readings.
pub trait OneDatabase: Default + Send + 'static {
    /// What is read.
    type Read: Send + Sync + 'static;

    /// Reads it on a session in that database; `facts` name it. `before` is what was read the last time.
    fn read(
        &mut self,
        observer: &mut Observer,
        facts: &Facts,
        before: Option<&Self::Read>,
        now_ms: i64,
    ) -> impl Future<Output = Result<Self::Read, Error>> + Send;
}

/// All databases of a server, each with what was last read in it.
pub struct Databases<D: OneDatabase> {
    known: BTreeMap<String, Remembered<D>>,
}

struct Remembered<D: OneDatabase> {
    memory: D,
    read: Option<OfDatabase<D::Read>>,
}

impl<D: OneDatabase> Default for Databases<D> {
    fn default() -> Self {
        Self { known: BTreeMap::new() }
    }
}

impl<D: OneDatabase> Default for Remembered<D> {
    fn default() -> Self {
        Self { memory: D::default(), read: None }
    }
}

impl<D: OneDatabase> Databases<D> {
    /// Reads the session's own database, and others within the budget. The session ends where it began.
    pub async fn read(
        &mut self,
        observer: &mut Observer,
        facts: &Facts,
        now_ms: i64,
    ) -> Result<Vec<OfDatabase<D::Read>>, Error> {
        let others = names(observer, facts).await?;
        self.known.retain(|name, _| *name == facts.database || others.contains(name));
        self.read_one(observer, facts, now_ms).await?;
        let until = Instant::now() + OTHERS_BUDGET;
        let mut away = false;
        for name in self.in_turn(others) {
            if Instant::now() >= until {
                break;
            }
            away = true;
            let there = Facts { database: name.clone(), ..facts.clone() };
            if let Err(reason) = observer.move_to(&name).await {
                self.note(&name, now_ms, reason);
                continue;
            }
            if let Err(Error::Lost(reason)) = self.read_one(observer, &there, now_ms).await {
                self.note(&name, now_ms, reason);
            }
        }
        if away {
            observer.move_to(&facts.database).await.map_err(Error::Lost)?;
        }
        Ok(self.all(&facts.database))
    }

    /// Those not read for longest first.
    fn in_turn(&self, names: Vec<String>) -> Vec<String> {
        let last = |name: &String| self.known.get(name)?.read.as_ref().map(|read| read.at_ms);
        let mut names = names;
        names.sort_by_key(last);
        names
    }

    async fn read_one(
        &mut self,
        observer: &mut Observer,
        facts: &Facts,
        now_ms: i64,
    ) -> Result<(), Error> {
        let one = self.known.entry(facts.database.clone()).or_default();
        let began = Instant::now();
        let before = one.read.as_ref().and_then(OfDatabase::known);
        let value = match one.memory.read(observer, facts, before, now_ms).await {
            Ok(value) => Ok(Arc::new(value)),
            Err(Error::Query { reason, .. }) => Err(reason),
            Err(lost) => return Err(lost),
        };
        let took_ms = began.elapsed().as_secs_f64() * 1_000.0;
        let datname = facts.database.clone();
        one.read = Some(OfDatabase { datname, at_ms: now_ms, took_ms, value });
        Ok(())
    }

    fn note(&mut self, datname: &str, at_ms: i64, reason: Reason) {
        let one = self.known.entry(datname.to_owned()).or_default();
        let datname = datname.to_owned();
        one.read = Some(OfDatabase { datname, at_ms, took_ms: 0.0, value: Err(reason) });
    }

    /// What is known of each, that of the session first. Of those whose turn has not come nothing is known yet.
    fn all(&self, first: &str) -> Vec<OfDatabase<D::Read>> {
        let waiting = |name: &String| OfDatabase {
            datname: name.clone(),
            at_ms: 0,
            took_ms: 0.0,
            value: Err(Reason::NotYet),
        };
        let copied = |read: &OfDatabase<D::Read>| OfDatabase {
            datname: read.datname.clone(),
            at_ms: read.at_ms,
            took_ms: read.took_ms,
            value: read.value.clone(),
        };
        let of = |(name, one): (&String, &Remembered<D>)| {
            one.read.as_ref().map_or_else(|| waiting(name), copied)
        };
        let mut all: Vec<_> = self.known.iter().map(of).collect();
        all.sort_by_key(|one| one.datname != first);
        all
    }
}

/// The other databases.
async fn names(observer: &mut Observer, facts: &Facts) -> Result<Vec<String>, Error> {
    #[derive(sqlx::FromRow)]
    struct Name {
        #[sqlx(try_from = "model::text::Text")]
        datname: String,
    }
    let rows = crate::area::read(observer, facts, &[OTHERS]).await?.into_iter().next();
    let names: Vec<Name> = rows
        .unwrap_or(Err(Reason::NotYet))
        .and_then(|rows| rows.all())
        .map_err(|reason| Error::Query { query: "databases", reason })?;
    Ok(names.into_iter().map(|row| row.datname).take(MOST_DATABASES).collect())
}

/// One part of what a query gives, with the counters as they are now and no copy of all of them: `numbers` fill
/// its `{numbers}`.
pub async fn read_part<T>(
    observer: &mut Observer,
    facts: &Facts,
    query: Query,
    numbers: &[i64],
) -> Result<Vec<T>, Error>
where
    T: for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>,
{
    let wrong = |reason| Error::Query { query: query.rows, reason };
    let picked = [FETCH_CONSISTENCIES, query].map(|query| query.pick_for(facts));
    let files: Vec<SqlFile> = picked.into_iter().flatten().collect();
    let fill = Fill { numbers, ..Fill::default() };
    let answers = observer.read_with(&files, fill).await.map_err(Error::Lost)?;
    let rows: Known<Rows> = answers.into_iter().last().unwrap_or(Err(Reason::NotYet));
    rows.and_then(|rows| rows.all()).map_err(wrong)
}
