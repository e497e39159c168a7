//! Capabilities of a server: version, role in replication, our role's privileges, extensions. Read anew
//! on every connection.

use model::server::Facts;
use model::{Known, Reason};

use crate::clock::now_ms;
use crate::connection::Observer;
use crate::machine::{self, ProcessTitle};
use crate::sql::sql;

/// The oldest major we support.
pub const OLDEST_MAJOR: u16 = 14;
/// The newest major we are tested with.
pub const NEWEST_MAJOR: u16 = 19;

sql! {
    FACTS = "facts" [9];
    IDENTITIES = "identities" [14];
    INSTALLED = "extensions" [14];
}

#[derive(sqlx::FromRow)]
struct FactsRow {
    version_num: i32,
    #[sqlx(try_from = "model::text::Text")]
    version: String,
    in_recovery: bool,
    started_ms: i64,
    now_ms: i64,
    #[sqlx(try_from = "model::text::Text")]
    database: String,
    #[sqlx(try_from = "model::text::Text")]
    role: String,
    superuser: bool,
    pg_monitor: bool,
    is_member: bool,
    #[sqlx(try_from = "model::text::MaybeText")]
    provider: Option<String>,
    backend_pid: i32,
    client_port: Option<i32>,
}

impl FactsRow {
    /// The cores of the server's machine, where that is ours.
    fn cores(&self, observer: &Observer) -> Option<u32> {
        let title = ProcessTitle {
            pid: self.backend_pid,
            role: &self.role,
            database: &self.database,
            client_port: self.client_port,
        };
        observer.is_local().then(|| machine::cores(&title)).flatten()
    }
}

#[derive(sqlx::FromRow)]
struct IdentityRow {
    #[sqlx(try_from = "model::text::MaybeText")]
    system_identifier: Option<String>,
    timeline: Option<i32>,
}

#[derive(sqlx::FromRow)]
struct ExtensionRow {
    #[sqlx(try_from = "model::text::Text")]
    extname: String,
    #[sqlx(try_from = "model::text::Text")]
    extversion: String,
}

/// Reads the facts. A major below `OLDEST_MAJOR` gives facts too: it can be named, not watched.
pub async fn read(observer: &mut Observer) -> Result<Known<Facts>, Reason> {
    let Some(file) = FACTS.pick(NEWEST_MAJOR) else { return Ok(Err(Reason::NotYet)) };
    let mut answers = observer.read(&[file]).await?;
    let row: FactsRow = match answers.pop().unwrap_or(Err(Reason::NotYet)).and_then(|r| r.one()) {
        Ok(row) => row,
        Err(reason) => return Ok(Err(reason)),
    };
    let major = u16::try_from(row.version_num / 10_000).unwrap_or(0);
    let mut facts = Facts {
        cores: row.cores(observer),
        major,
        version: row.version,
        in_recovery: row.in_recovery,
        system_identifier: None,
        timeline: None,
        started_ms: row.started_ms,
        clock_ahead_ms: row.now_ms.saturating_sub(now_ms()),
        database: row.database,
        role: row.role,
        superuser: row.superuser,
        pg_monitor: row.pg_monitor,
        inherits_not: row.is_member && !row.pg_monitor,
        through_pooler: observer.through_pooler(),
        provider: row.provider,
        extensions: Vec::new(),
    };
    let files: Vec<_> =
        [IDENTITIES, INSTALLED].iter().filter_map(|query| query.pick(major)).collect();
    if files.len() == 2 {
        let mut answers = observer.read(&files).await?.into_iter();
        if let Some(Ok(identity)) = answers.next().map(|a| a.and_then(|r| r.one::<IdentityRow>())) {
            facts.system_identifier = identity.system_identifier;
            facts.timeline = identity.timeline;
        }
        if let Some(Ok(rows)) = answers.next().map(|a| a.and_then(|r| r.all::<ExtensionRow>())) {
            facts.extensions = rows.into_iter().map(|row| (row.extname, row.extversion)).collect();
        }
    }
    Ok(Ok(facts))
}

/// Why a server of that major cannot be watched, when it cannot.
pub fn unsupported(major: u16) -> Option<Reason> {
    (major < OLDEST_MAJOR).then_some(Reason::TooOld { needs: OLDEST_MAJOR, has: major })
}
