//! Retention: by age for each level, by bytes for the whole file, oldest and finest first.

use crate::db::{Conn, Db, Sql, query, sql};
use crate::lease::sees_to_retention;
use crate::level::Level;
use crate::partitions::{self, Class, SELDOM_MS};
use crate::rows::complete_since;
use crate::settings::Retention;

/// Chunks that are looked up at once.
const STEP: i64 = 50;
/// Where bytes are too many, so many percent of them are left.
const LEFT_PERCENT: u64 = 95;
/// Free pages that are worth giving back; compaction uses fewer again at once.
const FREE_PAGES: i64 = 64;
/// Gives back so many pages in one transaction.
const GIVE_BACK: &str = "pragma incremental_vacuum(256)";

/// Applies it. Everything is done in small transactions. Of several processes one does it.
pub(crate) async fn apply(db: &Db, keep: &Retention, now_ms: i64) -> Result<(), sqlx::Error> {
    if let Some(store) = db.shared()
        && !sees_to_retention(&mut db.keeper().await?, &store.process).await?
    {
        return Ok(());
    }
    if db.shared().is_some() {
        let mut tx = db.begin_keeping().await?;
        partitions::drop_old(&mut tx, now_ms).await?;
        tx.commit().await?;
    }
    let before = |age: i64| now_ms.saturating_sub(age);
    let classes = if db.shared().is_some() { &[][..] } else { &Class::ALL[..] };
    for class in classes {
        let cutoff = before(class.keep_ms(keep));
        let both = class.level != Level::Raw && class.level != Level::Minute;
        for seldom in [class.seldom, !class.seldom].into_iter().take(1 + usize::from(both)) {
            while drop_chunks(db, class.level, Some((seldom, cutoff))).await?.is_some() {}
        }
    }
    drop_beside(db, before(keep.raw_ms), before(keep.days_ms)).await?;
    by_bytes(db, keep.bytes).await?;
    give_back(db).await
}

/// Drops the oldest chunks of a level: those of an age, or some. Gives the newest time that went.
async fn drop_chunks(
    db: &Db,
    level: Level,
    aged: Option<(bool, i64)>,
) -> Result<Option<i64>, sqlx::Error> {
    let (seldom, cutoff) = aged.map_or((None, i64::MAX), |(seldom, at)| (Some(seldom), at));
    let rows = query("select c.id, c.source, c.to_ms from chunk c join source s on s.id = c.source where c.level = $1 and c.tier > 0 and c.to_ms < $2 and ($3 is null or (s.every_ms > $4) = $3) order by c.to_ms limit $5")
        .bind(level.number()).bind(cutoff).bind(seldom).bind(SELDOM_MS)
        .bind(if aged.is_some() { STEP } else { 1 })
        .fetch_all(&mut db.keeper().await?).await?;
    let mut newest = None;
    for row in rows {
        let (id, source, to_ms): (i64, i64, i64) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let mut tx = db.begin_keeping().await?;
        complete_since(&mut tx, source, level, to_ms + 1).await?;
        query("delete from chunk where id = $1").bind(id).execute(&mut tx).await?;
        query("delete from block where chunk = $1").bind(id).execute(&mut tx).await?;
        tx.commit().await?;
        newest = Some(to_ms);
    }
    Ok(newest)
}

async fn drop_beside(db: &Db, blobs_ms: i64, others_ms: i64) -> Result<(), sqlx::Error> {
    let blobs: Sql =
        "delete from blob where id in (select id from blob where to_ms < $1 order by id limit 50)"
            .into();
    let events: Sql =
        "delete from event where id in (select id from event where at_ms < $1 order by at_ms limit 500)".into();
    let gaps: Sql =
        "delete from gap where id in (select id from gap where to_ms < $1 order by id limit 500)"
            .into();
    let others = [events, gaps, sql::OLD_TEXTS, sql::OLD_PLANS];
    let others = others.into_iter().map(|delete| (delete, others_ms));
    for (delete, before) in [(blobs, blobs_ms)].into_iter().chain(others) {
        while query(delete).bind(before).execute(&mut db.keeper().await?).await? > 0 {}
    }
    Ok(())
}

/// Deletes some entities that were not seen since; gives how many. Their ids must then be forgotten.
pub(crate) async fn forget_entities(db: &Db, before_ms: i64) -> Result<u64, sqlx::Error> {
    query("delete from entity where id in (select id from entity where last_ms < $1 limit 500)")
        .bind(before_ms)
        .execute(&mut db.keeper().await?)
        .await
}

/// Bytes in use, free room aside.
pub(crate) async fn used_bytes(conn: &mut Conn) -> Result<u64, sqlx::Error> {
    let bytes: i64 = query(sql::USED).scalar(conn).await?;
    Ok(bytes.try_into().unwrap_or(0))
}

/// The same for who keeps the store.
async fn used(db: &Db) -> Result<u64, sqlx::Error> {
    used_bytes(&mut db.keeper().await?).await
}

async fn by_bytes(db: &Db, most: u64) -> Result<(), sqlx::Error> {
    if most == 0 || used(db).await? <= most {
        return Ok(());
    }
    let left = most / 100 * LEFT_PERCENT;
    for level in Level::ALL {
        while used(db).await? > left {
            let Some(to_ms) = drop_chunks(db, level, None).await? else { break };
            if level == Level::Raw {
                // Blobs are as fine as ticks and go with them.
                query("delete from blob where to_ms <= $1")
                    .bind(to_ms)
                    .execute(&mut db.keeper().await?)
                    .await?;
            }
        }
        if level == Level::Raw {
            let oldest =
                "delete from blob where id in (select id from blob order by to_ms limit 20)";
            while used(db).await? > left
                && query(oldest).execute(&mut db.keeper().await?).await? > 0
            {}
        }
    }
    Ok(())
}

/// Gives free pages back to the file system, a few at a time. PostgreSQL does so where it can.
async fn give_back(db: &Db) -> Result<(), sqlx::Error> {
    if db.shared().is_some() {
        return Ok(());
    }
    let conn = &mut db.keeper().await?;
    let free_pages = || query("select freelist_count from pragma_freelist_count");
    loop {
        let free: i64 = free_pages().scalar(conn).await?;
        let pages: i64 = query("select page_count from pragma_page_count").scalar(conn).await?;
        if free <= FREE_PAGES.max(pages / 20) {
            return Ok(());
        }
        // The pragma gives back a page for each row that is fetched.
        query(GIVE_BACK).fetch_all(conn).await?;
        let after: i64 = free_pages().scalar(conn).await?;
        if after >= free {
            return Ok(());
        }
    }
}
