//! Retention: by age for each level, by bytes for the whole file, oldest and finest first.

use sqlx::{Row, SqlitePool};

use crate::level::Level;
use crate::rows::complete_since;
use crate::settings::Retention;
use crate::sqlite::Database;

/// Sources that are read more seldom than this have no minutes, so their ticks are kept as long as those.
const SELDOM_MS: i64 = 20_000;
/// Chunks that are looked up at once.
const STEP: i64 = 50;
/// Where bytes are too many, so many percent of them are left.
const LEFT_PERCENT: u64 = 95;
/// Free pages that are worth giving back; compaction uses fewer again at once.
const FREE_PAGES: i64 = 64;
/// Gives back so many pages in one transaction.
const GIVE_BACK: &str = "pragma incremental_vacuum(256)";

/// Applies it. Everything is done in small transactions.
pub(crate) async fn apply(db: &Database, keep: &Retention, now_ms: i64) -> Result<(), sqlx::Error> {
    let before = |age: i64| now_ms.saturating_sub(age);
    for (level, seldom, cutoff) in [
        (Level::Raw, false, before(keep.raw_ms)),
        (Level::Raw, true, before(keep.minutes_ms.max(keep.raw_ms))),
        (Level::Minute, false, before(keep.minutes_ms)),
        (Level::Hour, false, before(keep.hours_ms)),
        (Level::Hour, true, before(keep.hours_ms)),
        (Level::Day, false, before(keep.days_ms)),
        (Level::Day, true, before(keep.days_ms)),
    ] {
        while drop_chunks(db, level, Some((seldom, cutoff))).await?.is_some() {}
    }
    drop_beside(db, before(keep.raw_ms), before(keep.days_ms)).await?;
    by_bytes(db, keep.bytes).await?;
    give_back(&db.keeper).await
}

/// Drops the oldest chunks of a level: those of an age, or some. Gives the newest time that went.
async fn drop_chunks(
    db: &Database,
    level: Level,
    aged: Option<(bool, i64)>,
) -> Result<Option<i64>, sqlx::Error> {
    let (seldom, cutoff) = aged.map_or((None, i64::MAX), |(seldom, at)| (Some(seldom), at));
    let rows = sqlx::query("select c.id, c.source, c.to_ms from chunk c join source s on s.id = c.source where c.level = ?1 and c.tier > 0 and c.to_ms < ?2 and (?3 is null or (s.every_ms > ?4) = ?3) order by c.to_ms limit ?5")
        .bind(level.number()).bind(cutoff).bind(seldom).bind(SELDOM_MS)
        .bind(if aged.is_some() { STEP } else { 1 })
        .fetch_all(&db.keeper).await?;
    let mut newest = None;
    for row in rows {
        let (id, source, to_ms): (i64, i64, i64) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let mut tx = Database::begin(&db.keeper).await?;
        complete_since(&mut tx, source, level, to_ms + 1).await?;
        sqlx::query("delete from chunk where id = ?").bind(id).execute(&mut *tx).await?;
        sqlx::query("delete from block where chunk = ?").bind(id).execute(&mut *tx).await?;
        tx.commit().await?;
        newest = Some(to_ms);
    }
    Ok(newest)
}

async fn drop_beside(db: &Database, blobs_ms: i64, others_ms: i64) -> Result<(), sqlx::Error> {
    for (delete, before) in [
        (
            "delete from blob where id in (select id from blob where to_ms < ? order by id limit 50)",
            blobs_ms,
        ),
        (
            "delete from event where id in (select id from event where at_ms < ? order by at_ms limit 500)",
            others_ms,
        ),
        (
            "delete from gap where id in (select id from gap where to_ms < ? order by id limit 500)",
            others_ms,
        ),
        (
            "delete from statement_text where rowid in (select rowid from statement_text where last_ms < ? limit 500)",
            others_ms,
        ),
    ] {
        while sqlx::query(delete).bind(before).execute(&db.keeper).await?.rows_affected() > 0 {}
    }
    Ok(())
}

/// Deletes some entities that were not seen since; gives how many. Their ids must then be forgotten.
pub(crate) async fn forget_entities(db: &Database, before_ms: i64) -> Result<u64, sqlx::Error> {
    let deleted = sqlx::query(
        "delete from entity where id in (select id from entity where last_ms < ? limit 500)",
    )
    .bind(before_ms)
    .execute(&db.keeper)
    .await?;
    Ok(deleted.rows_affected())
}

/// Bytes in use, free pages aside.
pub(crate) async fn used_bytes(pool: &SqlitePool) -> Result<u64, sqlx::Error> {
    let row = sqlx::query("select (p.page_count - f.freelist_count) * s.page_size from pragma_page_count p, pragma_freelist_count f, pragma_page_size s")
        .fetch_one(pool)
        .await?;
    Ok(row.try_get::<i64, _>(0)?.try_into().unwrap_or(0))
}

async fn by_bytes(db: &Database, most: u64) -> Result<(), sqlx::Error> {
    if most == 0 || used_bytes(&db.keeper).await? <= most {
        return Ok(());
    }
    let left = most / 100 * LEFT_PERCENT;
    for level in Level::ALL {
        while used_bytes(&db.keeper).await? > left {
            let Some(to_ms) = drop_chunks(db, level, None).await? else { break };
            if level == Level::Raw {
                // Blobs are as fine as ticks and go with them.
                sqlx::query("delete from blob where to_ms <= ?")
                    .bind(to_ms)
                    .execute(&db.keeper)
                    .await?;
            }
        }
        if level == Level::Raw {
            let oldest =
                "delete from blob where id in (select id from blob order by to_ms limit 20)";
            while used_bytes(&db.keeper).await? > left
                && sqlx::query(oldest).execute(&db.keeper).await?.rows_affected() > 0
            {}
        }
    }
    Ok(())
}

/// Gives free pages back to the file system, a few at a time.
async fn give_back(pool: &SqlitePool) -> Result<(), sqlx::Error> {
    loop {
        let free: i64 = sqlx::query_scalar("select freelist_count from pragma_freelist_count")
            .fetch_one(pool)
            .await?;
        let pages: i64 =
            sqlx::query_scalar("select page_count from pragma_page_count").fetch_one(pool).await?;
        if free <= FREE_PAGES.max(pages / 20) {
            return Ok(());
        }
        // The pragma gives back a page for each row that is fetched.
        sqlx::query(GIVE_BACK).fetch_all(pool).await?;
        let after: i64 = sqlx::query_scalar("select freelist_count from pragma_freelist_count")
            .fetch_one(pool)
            .await?;
        if after >= free {
            return Ok(());
        }
    }
}
