//! `Observer`: the session that samples. Read-only, one round trip per tick, marked as ours by
//! `application_name`. Behind a pooler nothing is set on the session: settings are `set local` in the
//! one transaction that reads (`docs/limits.md#poolers`).

use std::sync::Arc;
use std::time::{Duration, Instant};

use model::{Known, Reason};
use sqlx::AssertSqlSafe;
use tokio::sync::OwnedSemaphorePermit;

use super::answer::{Rows, Stop, awaited, collect};
use super::batch::{RefusedQueries, STATEMENT_TIMEOUT_MS, Settings, batch, later, start_up};
use super::relay::RelayedConnection;
use super::{Budget, connect, refuses_options, shown_ms};
use crate::dsn::Dsn;
use crate::error::{THE_SERVER, query_reason};
use crate::machine::is_local;
use crate::overhead::Overhead;
use crate::relations::RecentRelations;
use crate::sql::{Fill, SqlFile};

/// Our own deadline: `statement_timeout` plus 2 s for the network (`docs/limits.md#connections`).
pub const DEADLINE: Duration = Duration::from_millis(STATEMENT_TIMEOUT_MS + 2_000);

/// A connection that reads and nothing else.
pub struct Observer {
    pub(super) connection: RelayedConnection,
    pub(super) settings: Settings,
    role: String,
    local: bool,
    pub(super) overhead: Arc<Overhead>,
    pub(super) refused: RefusedQueries,
    /// The relations of databases, as listed in this session.
    pub relations: RecentRelations,
    dsn: Dsn,
    budget: Budget,
    /// Held for as long as the session is there.
    permit: OwnedSemaphorePermit,
}

impl Observer {
    /// Connects within the budget. First with our limits as start-up options; a pooler that
    /// refuses them is asked again without, and gets them per transaction.
    pub async fn open(dsn: &Dsn, budget: &Budget, overhead: Arc<Overhead>) -> Result<Self, Reason> {
        let permit = budget.permit().await?;
        let (connection, settings) = connect_with_limits(dsn, &overhead).await?;
        let mut observer = Self {
            connection,
            settings,
            role: dsn.options().get_username().to_owned(),
            local: is_local(dsn.host()),
            overhead,
            refused: RefusedQueries::default(),
            relations: RecentRelations::default(),
            dsn: dsn.clone(),
            budget: budget.clone(),
            permit,
        };
        observer.confirm_settings().await?;
        Ok(observer)
    }

    /// Ends the session and begins another one in that database. For a moment there are two of them.
    pub async fn move_to(&mut self, database: &str) -> Result<(), Reason> {
        let dsn = self.dsn.with_database(database);
        let permit = self.budget.permit().await?;
        let (connection, settings) = connect_with_limits(&dsn, &self.overhead).await?;
        (self.connection, self.settings, self.permit) = (connection, settings, permit);
        self.refused = RefusedQueries::default();
        self.confirm_settings().await
    }

    /// Whether the address is one of this machine.
    pub fn is_local(&self) -> bool {
        self.local
    }

    /// Whether a pooler stands between us and the server.
    pub fn through_pooler(&self) -> bool {
        self.settings == Settings::Transaction
    }

    /// A pooler may swallow start-up options silently: then they are not in force, and nothing may be
    /// set on the session either.
    async fn confirm_settings(&mut self) -> Result<(), Reason> {
        if self.settings == Settings::Transaction {
            return Ok(());
        }
        let show = "show statement_timeout;show server_encoding";
        let ending = self.connection.ending();
        let answers = sqlx::raw_sql(show).fetch_many(&mut *self.connection);
        let sets = collect(["statement_timeout", "server_encoding"].into_iter(), 0, answers);
        let sets = awaited(DEADLINE, THE_SERVER, &ending, sets).await.map_err(Stop::reason)?;
        let shown = |set: &Rows| set.one::<(String,)>().unwrap_or_default().0;
        let mut shown = sets.iter().map(shown);
        if shown.next() != Some(shown_ms(STATEMENT_TIMEOUT_MS)) {
            self.settings = Settings::Transaction;
            return Ok(());
        }
        let encoding = shown.next().unwrap_or_default();
        self.command(later(self.connection.server_version_num(), &encoding)).await
    }

    /// Runs the files in one read-only transaction and one round trip. When one of them fails,
    /// each is run alone, so that one failure hides nothing else, and of a file that fails alone only
    /// the parts that are refused are left out; what a server refuses for good is not asked again at
    /// every tick, for each time leaves a line in its log.
    ///
    /// The outer error means the connection is lost: drop the observer.
    pub async fn read(&mut self, files: &[SqlFile]) -> Result<Vec<Known<Rows>>, Reason> {
        let now = Instant::now();
        let asked: Vec<SqlFile> =
            files.iter().filter(|file| self.refused.reason(file, now).is_none()).copied().collect();
        for file in &asked {
            self.retry_parts(file, now).await?;
        }
        let mut answers = self.ask(&asked, now).await?.into_iter();
        let mut all = Vec::with_capacity(files.len());
        for file in files {
            all.push(match self.refused.reason(file, now) {
                Some(reason) => Err(reason),
                None => answers.next().unwrap_or(Err(Reason::NotYet)),
            });
        }
        for (file, answer) in files.iter().zip(&all) {
            match answer {
                Err(reason) => self.refused.remember(file, reason, now),
                Ok(_) => self.refused.answered(file),
            }
        }
        Ok(all)
    }

    /// The answers to files that leave a schema or numbers open, or the reason why there is none of them.
    ///
    /// The outer error means the connection is lost.
    pub async fn read_with(
        &mut self,
        files: &[SqlFile],
        fill: Fill<'_>,
    ) -> Result<Vec<Known<Rows>>, Reason> {
        let failed = |reason: Reason| files.iter().map(|_| Err(reason.clone())).collect();
        Ok(self.run_with(files, fill).await?.unwrap_or_else(failed))
    }

    async fn ask(&mut self, files: &[SqlFile], now: Instant) -> Result<Vec<Known<Rows>>, Reason> {
        if files.is_empty() {
            return Ok(vec![]);
        }
        match self.run(files).await? {
            Ok(sets) => Ok(sets),
            Err(reason) if files.len() == 1 => match files.first() {
                Some(file) => Ok(vec![self.what_is_left(file, reason, now).await?]),
                None => Ok(vec![]),
            },
            Err(_) => {
                let mut answers = Vec::with_capacity(files.len());
                for file in files {
                    answers.push(match self.alone(file).await? {
                        Err(reason) => self.what_is_left(file, reason, now).await?,
                        rows => rows,
                    });
                }
                Ok(answers)
            }
        }
    }

    async fn alone(&mut self, file: &SqlFile) -> Result<Known<Rows>, Reason> {
        let answer = self.run(std::slice::from_ref(file)).await?;
        Ok(answer.and_then(|sets| sets.into_iter().next().unwrap_or(Err(Reason::NotYet))))
    }

    /// The answer without the parts that the server refuses: all are left out, then each is tried.
    async fn what_is_left(
        &mut self,
        file: &SqlFile,
        reason: Reason,
        now: Instant,
    ) -> Result<Known<Rows>, Reason> {
        let parts = file.parts();
        if parts.is_empty() || matches!(reason, Reason::TimedOut { .. } | Reason::TooLarge { .. }) {
            return Ok(Err(reason));
        }
        for part in &parts {
            self.refused.leave_out(file, part, (reason.clone(), 0), now);
        }
        let mut left = match self.alone(file).await? {
            Ok(rows) => rows,
            Err(_) => {
                parts.iter().for_each(|part| self.refused.put_back(file, part));
                return Ok(Err(reason));
            }
        };
        for part in parts {
            self.refused.put_back(file, part);
            match self.alone(file).await? {
                Ok(rows) => left = rows,
                Err(why) => self.refused.leave_out(file, part, (why, 0), now),
            }
        }
        Ok(Ok(left.lacking(self.refused.missing(file))))
    }

    /// Tries the parts that were refused some time ago, one by one.
    async fn retry_parts(&mut self, file: &SqlFile, now: Instant) -> Result<(), Reason> {
        for (part, again) in self.refused.to_retry(file, now) {
            self.refused.put_back(file, part);
            if let Err(why) = self.alone(file).await? {
                self.refused.leave_out(file, part, (why, again.saturating_add(1)), now);
            }
        }
        Ok(())
    }

    async fn run(&mut self, files: &[SqlFile]) -> Result<Known<Vec<Known<Rows>>>, Reason> {
        self.run_with(files, Fill::default()).await
    }

    async fn run_with(
        &mut self,
        files: &[SqlFile],
        fill: Fill<'_>,
    ) -> Result<Known<Vec<Known<Rows>>>, Reason> {
        let text = batch(self.settings, files, &self.refused, fill);
        let started = Instant::now();
        let ending = self.connection.ending();
        // The text is put together from our own files, constants and what `Fill` quotes: see `batch`.
        let answers = sqlx::raw_sql(AssertSqlSafe(text)).fetch_many(&mut *self.connection);
        let names = files.iter().map(|file| file.name);
        let sets = collect(names, self.settings.preamble(), answers);
        let answer = awaited(DEADLINE, THE_SERVER, &ending, sets).await;
        let answer = self.answered(answer, files).await?;
        self.overhead.round_trip(started.elapsed());
        for (file, set) in files.iter().zip(answer.iter().flatten()) {
            let (rows, bytes) = set.size();
            self.overhead.query(file.name, rows, bytes);
        }
        let lacking =
            |(file, set): (&SqlFile, Rows)| set.lacking(self.refused.missing(file)).within_limits();
        Ok(answer.map(|sets| files.iter().zip(sets).map(lacking).collect()))
    }

    /// What an answer means. The outer error means the connection is lost.
    pub(super) async fn answered<T>(
        &mut self,
        answer: Result<T, Stop>,
        files: &[SqlFile],
    ) -> Result<Known<T>, Reason> {
        let answer = match answer {
            Ok(sets) => Ok(sets),
            Err(Stop::Refused(error)) => {
                self.command("rollback".into()).await?;
                files.iter().for_each(|file| self.overhead.failure(file.name));
                // A text of several files is asked again, each alone.
                let sql = files.first().map_or("", SqlFile::statement);
                Err(query_reason(&*error, &self.role, sql, STATEMENT_TIMEOUT_MS))
            }
            Err(stop) => return Err(stop.reason()),
        };
        self.overhead.heard();
        Ok(answer)
    }

    pub(super) async fn command(&mut self, text: String) -> Result<(), Reason> {
        let ending = self.connection.ending();
        let done = sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut *self.connection);
        awaited(DEADLINE, THE_SERVER, &ending, done).await.map(drop).map_err(Stop::reason)
    }
}

/// First with our limits as start-up options; a pooler that refuses them is asked again without.
async fn connect_with_limits(
    dsn: &Dsn,
    overhead: &Overhead,
) -> Result<(RelayedConnection, Settings), Reason> {
    let plain = dsn.options();
    match connect(dsn, plain.clone().options(start_up()), overhead).await {
        Ok(connection) => Ok((connection, Settings::Session)),
        Err(reason) if refuses_options(&reason) => {
            Ok((connect(dsn, plain, overhead).await?, Settings::Transaction))
        }
        Err(reason) => Err(reason),
    }
}
