//! Rows that more than one place writes: chunks, blocks, gaps, events; and blobs.

use crate::answers::Gap;
use crate::beside::{Blob, Event};
use crate::chunk::Chunk;
use crate::codec::block::Sealed;
use crate::db::{Conn, query, sql};
use crate::level::Level;
use crate::partitions::{Class, SELDOM_MS};

/// Writes a gap, or extends the last one of its source where it goes on for the same reason.
pub(crate) async fn insert_gap(conn: &mut Conn, source: i64, gap: &Gap) -> Result<(), sqlx::Error> {
    let reason = gap.reason.as_str();
    let joined = query(sql::LONGER_GAP)
        .bind(gap.to_ms)
        .bind(source)
        .bind(reason)
        .bind(&gap.detail)
        .bind(gap.from_ms)
        .execute(conn)
        .await?;
    if joined == 0 {
        query(
            "insert into gap (source, from_ms, to_ms, reason, detail) select $1, $2, $3, $4, $5 where not exists (select 1 from gap where source = $1 and from_ms = $2 and to_ms = $3 and reason = $4)",
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

/// A chunk that has a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    /// Its id.
    pub(crate) id: i64,
    /// Its place in PostgreSQL.
    place: i64,
}

/// Writes a chunk's own row.
pub(crate) async fn insert_head(
    conn: &mut Conn,
    source: i64,
    tier: i64,
    chunk: &Chunk,
) -> Result<Head, sqlx::Error> {
    let seldom = chunk.level == Level::Raw && chunk.every_ms > SELDOM_MS;
    let place = Class { level: chunk.level, seldom }.place(chunk.from_ms);
    let partitions = conn.partitions();
    if let Some(partitions) = &partitions {
        partitions.ensure(conn, place).await?;
    }
    let mut insert = query(sql::CHUNK)
        .bind(source)
        .bind(chunk.level.number())
        .bind(tier)
        .bind(chunk.from_ms)
        .bind(chunk.to_ms)
        .bind(chunk.ticks)
        .bind(chunk.samples as i64)
        .bind(chunk.bytes())
        .bind(&chunk.slots);
    if partitions.is_some() {
        insert = insert.bind(place);
    }
    Ok(Head { id: insert.scalar(conn).await?, place })
}

/// Writes blocks of a chunk.
pub(crate) async fn insert_blocks(
    conn: &mut Conn,
    chunk: Head,
    blocks: &[Sealed],
) -> Result<(), sqlx::Error> {
    let placed = conn.partitions().is_some();
    for block in blocks {
        let mut insert =
            query(sql::BLOCK).bind(chunk.id).bind(block.first).bind(block.last).bind(&block.data);
        if placed {
            insert = insert.bind(chunk.place);
        }
        insert.execute(conn).await?;
    }
    Ok(())
}

/// Writes a whole chunk.
pub(crate) async fn insert_chunk(
    conn: &mut Conn,
    source: i64,
    tier: i64,
    chunk: &Chunk,
) -> Result<i64, sqlx::Error> {
    let head = insert_head(conn, source, tier, chunk).await?;
    insert_blocks(conn, head, &chunk.blocks).await?;
    Ok(head.id)
}

/// From a time on a level has everything of a source.
pub(crate) async fn complete_since(
    conn: &mut Conn,
    source: i64,
    level: Level,
    since_ms: i64,
) -> Result<(), sqlx::Error> {
    query(sql::KEPT).bind(source).bind(level.number()).bind(since_ms).execute(conn).await?;
    Ok(())
}

/// Writes an event.
pub(crate) async fn insert_event(conn: &mut Conn, event: &Event) -> Result<(), sqlx::Error> {
    query("insert into event (cluster, server, at_ms, kind, title, detail) values ($1, $2, $3, $4, $5, $6)")
        .bind(&event.cluster).bind(&event.server).bind(event.at_ms)
        .bind(&event.kind).bind(&event.title).bind(event.detail.to_string())
        .execute(conn).await?;
    Ok(())
}

/// Writes a blob.
pub(crate) async fn insert_blob(
    conn: &mut Conn,
    source: i64,
    blob: &Blob,
) -> Result<(), sqlx::Error> {
    query("insert into blob (source, from_ms, to_ms, crc, data) values ($1, $2, $3, $4, $5)")
        .bind(source)
        .bind(blob.from_ms)
        .bind(blob.to_ms)
        .bind(i64::from(crc32fast::hash(&blob.bytes)))
        .bind(&blob.bytes)
        .execute(conn)
        .await?;
    Ok(())
}

/// Of a state that is the same as before only the time is written.
pub(crate) async fn write_state(
    conn: &mut Conn,
    source: i64,
    blob: &Blob,
) -> Result<(), sqlx::Error> {
    let same = query("update blob set from_ms = $1, to_ms = $2 where source = $3 and data = $4")
        .bind(blob.from_ms)
        .bind(blob.to_ms)
        .bind(source)
        .bind(&blob.bytes)
        .execute(conn)
        .await?;
    if same == 0 {
        query("delete from blob where source = $1").bind(source).execute(conn).await?;
        insert_blob(conn, source, blob).await?;
    }
    Ok(())
}
