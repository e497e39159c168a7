//! Reads sums and relations from pg_buffercache, and which relations are read from outside shared buffers.

use model::buffer_cache::{
    CacheSummary, CachedGroup, CachedRelation, CachedRelations, Prewarming, UsageCount,
};
use model::measure::NotMeasured;
use model::{Known, Reason};
use sqlx::postgres::PgArguments;

use super::prewarm::{self, DiskReader};
use super::{CACHE_STATES, CACHE_SUMMARIES, CACHED_RELATIONS, DISK_READERS, USAGE_COUNTS};
use crate::measure::functions::look_up;
use crate::measure::needs::{self, Function, FunctionRow, function};
use crate::measure::session::Session;

const PAGES: Function = function("pg_buffercache", "pg_buffercache_pages", "");
const SUMMARY: Function = function("pg_buffercache", "pg_buffercache_summary", "");
const USAGE: Function = function("pg_buffercache", "pg_buffercache_usage_counts", "");
const PREWARM: Function =
    function("pg_prewarm", "pg_prewarm", "regclass, text, text, bigint, bigint");

/// The first major whose pg_buffercache tells sums (PostgreSQL 16, manual, "pg_buffercache").
const SUMMARY_SINCE: i32 = 16;
/// Bytes that `pg_buffercache_pages` copies of each buffer (`BufferCachePagesRec` in pg_buffercache_pages.c).
const COPIED_BYTES: i64 = 36;
/// The most that it may copy, bytes: a GiB, for about 230 GB of shared buffers.
const MOST_COPIED_BYTES: i64 = 1 << 30;

/// The server as it is asked.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct StateRow {
    #[sqlx(try_from = "model::text::Text")]
    pub datname: String,
    #[sqlx(try_from = "model::text::Text")]
    role: String,
    major: i32,
    superuser: bool,
    pub shared_buffers_bytes: i64,
    pub block_bytes: i64,
    #[sqlx(try_from = "model::text::MaybeText")]
    libraries: Option<String>,
}

#[derive(sqlx::FromRow)]
struct SummaryRow {
    used: i64,
    unused: i64,
    dirty: i64,
    pinned: i64,
}

#[derive(sqlx::FromRow)]
struct CachedRow {
    #[sqlx(try_from = "model::text::Text")]
    kind: String,
    oid: i64,
    #[sqlx(try_from = "model::text::Text")]
    nspname: String,
    #[sqlx(try_from = "model::text::Text")]
    relname: String,
    #[sqlx(try_from = "model::text::Text")]
    relkind: String,
    #[sqlx(try_from = "model::text::Text")]
    toast_of: String,
    buffers: i64,
    main_buffers: i64,
    dirty_buffers: i64,
    usage_count: f64,
    main_bytes: Option<i64>,
    block_bytes: i64,
}

/// One reading.
pub struct Reading<'a> {
    session: &'a mut Session,
    state: StateRow,
    functions: Vec<(Function, FunctionRow)>,
}

impl<'a> Reading<'a> {
    /// Asks what the server has of what is needed.
    pub async fn open(session: &'a mut Session) -> Result<Self, NotMeasured> {
        let state = session.row(&CACHE_STATES, "", PgArguments::default()).await?;
        let functions = look_up(session, vec![PAGES, SUMMARY, USAGE, PREWARM]).await?;
        Ok(Self { session, state: state.ok_or(Reason::NotYet)?, functions })
    }

    /// The server as it is asked.
    pub fn state(&self) -> &StateRow {
        &self.state
    }

    fn schema(&self, function: &Function) -> Known<String> {
        let row = self.functions.iter().find(|(asked, _)| asked == function);
        let role = (self.state.role.as_str(), self.state.superuser);
        needs::schema(function, row.map(|(_, row)| row), role)
    }

    /// Sums over all buffers. Error: the reading itself ended.
    pub async fn summary(&mut self) -> Result<Known<CacheSummary>, NotMeasured> {
        // Without the extension nothing else can be read either.
        self.schema(&PAGES)?;
        if self.state.major < SUMMARY_SINCE {
            let has = u16::try_from(self.state.major).unwrap_or_default();
            return Ok(Err(Reason::TooOld { needs: SUMMARY_SINCE as u16, has }));
        }
        let schema = match self.schema(&SUMMARY).and_then(|_| self.schema(&USAGE)) {
            Ok(schema) => schema,
            Err(reason) => return Ok(Err(reason)),
        };
        let none = PgArguments::default;
        let row: Option<SummaryRow> = self.session.row(&CACHE_SUMMARIES, &schema, none()).await?;
        let row = row.ok_or(Reason::NotYet)?;
        let usage: Vec<UsageCount> = self.session.rows(&USAGE_COUNTS, &schema, none()).await?;
        let (used, unused, dirty, pinned) = (row.used, row.unused, row.dirty, row.pinned);
        Ok(Ok(CacheSummary { used, unused, dirty, pinned, usage }))
    }

    /// Shared buffers by relation.
    pub async fn relations(&mut self) -> Result<CachedRelations, NotMeasured> {
        let schema = self.schema(&PAGES)?;
        let buffers = self.state.shared_buffers_bytes / self.state.block_bytes.max(1);
        let copied = buffers.saturating_mul(COPIED_BYTES);
        if copied > MOST_COPIED_BYTES {
            let (reads, budget) = (copied.unsigned_abs(), MOST_COPIED_BYTES.unsigned_abs());
            return Err(NotMeasured::OverBudget { reads, budget });
        }
        let rows: Vec<CachedRow> =
            self.session.rows(&CACHED_RELATIONS, &schema, PgArguments::default()).await?;
        Ok(by_relation(rows))
    }

    /// What can be loaded into the free buffers.
    pub async fn prewarming(
        &mut self,
        cached: &CachedRelations,
    ) -> Result<Prewarming, NotMeasured> {
        let readers: Vec<DiskReader> =
            self.session.rows(&DISK_READERS, "", PgArguments::default()).await?;
        let schema = self.schema(&PREWARM);
        let libraries = self.state.libraries.as_deref();
        let shared_buffers = self.state.shared_buffers_bytes;
        let relations =
            prewarm::relations(&readers, cached, shared_buffers, schema.as_deref().ok());
        Ok(Prewarming {
            relations,
            installed: schema.err(),
            autoprewarm_sql: libraries.and_then(prewarm::autoprewarm_sql),
            is_automatic: libraries.map(|libraries| prewarm::autoprewarm_sql(libraries).is_none()),
        })
    }
}

/// Buffers as bytes, relations apart from all else.
fn by_relation(rows: Vec<CachedRow>) -> CachedRelations {
    let mut cached = CachedRelations::default();
    for row in rows {
        let bytes = |buffers: i64| buffers.saturating_mul(row.block_bytes);
        let name = match row.kind.as_str() {
            "free" => {
                cached.free_bytes = bytes(row.buffers);
                continue;
            }
            "relation" => {
                cached.relations.push(CachedRelation {
                    oid: row.oid,
                    bytes: bytes(row.buffers),
                    main_bytes: bytes(row.main_buffers),
                    dirty_bytes: bytes(row.dirty_buffers),
                    size_bytes: row.main_bytes,
                    usage_count: row.usage_count,
                    nspname: row.nspname,
                    relname: row.relname,
                    relkind: row.relkind,
                    toast_of: row.toast_of,
                });
                continue;
            }
            "rest" => "smaller relations of this database".to_owned(),
            "database" if row.relname.is_empty() => "a database that was dropped".to_owned(),
            "database" => format!("database {}", row.relname),
            _ => "dropped, rewritten or not yet committed".to_owned(),
        };
        let (bytes, dirty_bytes) = (bytes(row.buffers), bytes(row.dirty_buffers));
        cached.groups.push(CachedGroup { name, bytes, dirty_bytes });
    }
    cached
}
