//! Reads the tables of one database.

use model::XminHolder;
use model::autovacuum::{Autovacuum, Score};
use model::server::Facts;
use model::tables::{DatabaseTables, Rewriting};
use model::{AreaName, Known, Reason};

use super::ages::Ages;
use super::estimates::{Estimates, Moment};
use super::parts::Parts;
use super::schema::SchemaReader;
use super::sizes::Sizes;
use super::{AUTOVACUUM_SCORES, SETTINGS, SIZES, XMIN_HOLDERS};
use crate::connection::{Observer, Rows};
use crate::databases::{OneDatabase, read_part};
use crate::error::{Error, monitor_grant};
use crate::touched::{self, Listed};

#[derive(sqlx::FromRow)]
struct SettingsRow {
    server_now_ms: i64,
    stats_reset_ms: Option<i64>,
    block_bytes: i32,
    xids: i32,
    multixacts: i32,
    schemas: i64,
    has_pg_repack: bool,
    #[sqlx(flatten)]
    autovacuum: Autovacuum,
}

/// A row of `xmin_holders`: with no holder there is one of kind ''.
#[derive(sqlx::FromRow)]
struct HolderRow {
    hidden: i64,
    #[sqlx(flatten)]
    holder: XminHolder,
}

/// Reads one database.
#[derive(Default)]
pub struct DatabaseReader {
    listed: Listed,
    ages: Ages,
    sizes: Sizes,
    schema: SchemaReader,
    estimates: Estimates,
}

impl OneDatabase for DatabaseReader {
    type Read = DatabaseTables;

    async fn read(
        &mut self,
        observer: &mut Observer,
        facts: &Facts,
        before: Option<&DatabaseTables>,
        now_ms: i64,
    ) -> Result<DatabaseTables, Error> {
        let queries = [SETTINGS, XMIN_HOLDERS];
        let mut sets = crate::area::read(observer, facts, &queries).await?.into_iter();
        let mut next = || -> Known<Rows> { sets.next().unwrap_or(Err(Reason::NotYet)) };
        let settings: SettingsRow = next()
            .and_then(|rows| rows.one())
            .map_err(|reason| Error::Query { query: "settings", reason })?;
        let rewriting = Rewriting {
            major: facts.major,
            in_recovery: facts.in_recovery,
            has_pg_repack: settings.has_pg_repack,
            xmin_holders: next().and_then(|rows| rows.all()).and_then(|rows| holders(rows, facts)),
        };
        let now = touched::relations(observer, facts, AreaName::Tables).await?;
        let touched = self.listed.touched(&now, settings.schemas, before.is_some());
        let mut known = before.map(|before| before.tables.clone()).unwrap_or_default();
        let freeze_max_age = settings.autovacuum.freeze_max_age;
        self.ages.pass((settings.xids, settings.multixacts), freeze_max_age, &mut known);
        let mut tables = Parts { observer, facts }.tables(&now, &touched, &known).await?;
        let wanted = self.sizes.wanted(&tables);
        // One that is locked meanwhile may cost all of them this time: then the sizes known so far stay.
        let sizes = match read_part(observer, facts, SIZES, &wanted).await {
            Err(Error::Query { .. }) => Vec::new(),
            sizes => sizes?,
        };
        self.sizes.take(&sizes, &mut tables);
        let block_bytes = u32::try_from(settings.block_bytes).unwrap_or_default();
        let moment = Moment { now_ms, block_bytes };
        self.estimates.estimate(observer, facts, moment, &mut tables).await?;
        let scores = scores(observer, facts).await?;
        let schema = self.schema.read(observer, facts, now_ms).await?;
        self.listed.take(now, settings.schemas);
        Ok(DatabaseTables {
            schema: Some(schema),
            rewriting: Some(rewriting),
            server_now_ms: settings.server_now_ms,
            since_ms: before
                .map(|before| settings.server_now_ms.saturating_sub(before.server_now_ms)),
            stats_reset_ms: settings.stats_reset_ms,
            autovacuum: settings.autovacuum,
            block_bytes,
            scores,
            tables,
        })
    }
}

/// Those that are there. Who holds back the most is not known while some are hidden.
fn holders(rows: Vec<HolderRow>, facts: &Facts) -> Known<Vec<XminHolder>> {
    if rows.iter().any(|row| row.hidden > 0) {
        return Err(Reason::Hidden {
            what: "The xmin of other roles' sessions".into(),
            sql: monitor_grant(facts),
        });
    }
    Ok(rows.into_iter().map(|row| row.holder).filter(|holder| !holder.kind.is_empty()).collect())
}

/// The scores by which 19 orders tables; none before.
async fn scores(observer: &mut Observer, facts: &Facts) -> Result<Vec<Score>, Error> {
    if AUTOVACUUM_SCORES.pick_for(facts).is_none() {
        return Ok(Vec::new());
    }
    let answer = crate::area::read(observer, facts, &[AUTOVACUUM_SCORES]).await?.into_iter().next();
    // They stand beside our own: without them nothing is lost.
    Ok(answer.and_then(|rows| rows.ok()?.all().ok()).unwrap_or_default())
}
