//! Rows that more than one place writes: chunks, blocks, gaps.

use sqlx::{Row, SqliteConnection};

use crate::answers::Gap;
use crate::chunk::Chunk;
use crate::codec::block::Sealed;
use crate::level::Level;

/// Writes a gap, or extends the last one of its source where it goes on for the same reason.
pub(crate) async fn insert_gap(
    conn: &mut SqliteConnection,
    source: i64,
    gap: &Gap,
) -> Result<(), sqlx::Error> {
    let reason = gap.reason.as_str();
    let joined = sqlx::query("update gap set to_ms = max(to_ms, ?) where id = (select id from gap where source = ? order by id desc limit 1) and reason = ? and detail = ? and from_ms <= ? and to_ms >= ?")
        .bind(gap.to_ms).bind(source).bind(reason).bind(&gap.detail)
        .bind(gap.from_ms).bind(gap.from_ms)
        .execute(&mut *conn).await?;
    if joined.rows_affected() == 0 {
        sqlx::query(
            "insert into gap (source, from_ms, to_ms, reason, detail) select ?1, ?2, ?3, ?4, ?5 where not exists (select 1 from gap where source = ?1 and from_ms = ?2 and to_ms = ?3 and reason = ?4)",
        )
        .bind(source)
        .bind(gap.from_ms)
        .bind(gap.to_ms)
        .bind(reason)
        .bind(&gap.detail)
        .execute(conn)
        .await?;
    }
    Ok(())
}

/// Writes a chunk's own row; gives its id.
pub(crate) async fn insert_head(
    conn: &mut SqliteConnection,
    source: i64,
    tier: i64,
    chunk: &Chunk,
) -> Result<i64, sqlx::Error> {
    let row = sqlx::query("insert into chunk (source, level, tier, from_ms, to_ms, ticks, samples, bytes, slots) values (?, ?, ?, ?, ?, ?, ?, ?, ?) returning id")
        .bind(source).bind(chunk.level.number()).bind(tier)
        .bind(chunk.from_ms).bind(chunk.to_ms).bind(chunk.ticks)
        .bind(chunk.samples as i64).bind(chunk.bytes()).bind(&chunk.slots)
        .fetch_one(conn).await?;
    row.try_get(0)
}

/// Writes blocks of a chunk.
pub(crate) async fn insert_blocks(
    conn: &mut SqliteConnection,
    chunk: i64,
    blocks: &[Sealed],
) -> Result<(), sqlx::Error> {
    for block in blocks {
        sqlx::query(
            "insert into block (chunk, first_series, last_series, data) values (?, ?, ?, ?)",
        )
        .bind(chunk)
        .bind(block.first)
        .bind(block.last)
        .bind(&block.data)
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// Writes a whole chunk.
pub(crate) async fn insert_chunk(
    conn: &mut SqliteConnection,
    source: i64,
    tier: i64,
    chunk: &Chunk,
) -> Result<i64, sqlx::Error> {
    let id = insert_head(conn, source, tier, chunk).await?;
    insert_blocks(conn, id, &chunk.blocks).await?;
    Ok(id)
}

/// From a time on a level has everything of a source.
pub(crate) async fn complete_since(
    conn: &mut SqliteConnection,
    source: i64,
    level: Level,
    since_ms: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query("insert into kept (source, level, since_ms) values (?, ?, ?) on conflict (source, level) do update set since_ms = max(since_ms, excluded.since_ms)")
        .bind(source).bind(level.number()).bind(since_ms)
        .execute(conn).await?;
    Ok(())
}
