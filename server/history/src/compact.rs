//! Compaction: what was flushed becomes columns, and small chunks become larger ones. Reading and encoding
//! hold no lock; the results are written in small transactions, invisible until the last one.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};

use crate::answers::{Gap, GapReason};
use crate::chunk::Chunk;
use crate::codec::seal::Effort;
use crate::codec::slots;
use crate::db::{Conn, Db, Row, query, sql};
use crate::ids::parts_of;
use crate::level::Level;
use crate::merge::{Input, Merged, merge};
use crate::names::Source;
use crate::rows::{complete_since, insert_blocks, insert_chunk, insert_gap, insert_head};

/// The tier of a chunk that is not merged any more.
const DONE: i64 = 9;
/// Chunks of one tier that are merged into one of the next.
const FAN_IN: usize = 12;
/// Flushes that are merged at the latest; and after so many milliseconds.
const FLUSHES: i64 = 120;
const FLUSHED_MS: i64 = 600_000;
/// The most samples of a merged chunk: bounds memory.
const MOST_SAMPLES: i64 = 20_000_000;
/// Sources that are read more seldom than this have no minutes: each would hold one or two ticks.
const MINUTES_UP_TO_MS: i64 = 20_000;
/// Bytes of blocks in one transaction, so that a flush waits milliseconds at most.
const STEP_BYTES: usize = 1 << 20;
/// Entities in one transaction.
const STEP_ENTITIES: usize = 1_000;
/// Chunks that are read by one statement.
const READ_AT_ONCE: usize = 32;

/// The most slots and the longest span of a chunk, by level.
const fn limits(level: Level) -> (i64, i64) {
    match level {
        Level::Raw => (4_096, 86_400_000),
        Level::Minute => (1_440, 86_400_000),
        Level::Hour => (168, 7 * 86_400_000),
        Level::Day => (64, 64 * 86_400_000),
    }
}

/// What a step did.
pub(crate) struct Done {
    /// Chunks in which a block could not be read.
    pub(crate) corrupt: u64,
}

/// A chunk without its columns.
#[derive(Clone, Copy, Debug)]
struct Head {
    id: i64,
    from_ms: i64,
    to_ms: i64,
    ticks: i64,
    samples: i64,
}

/// Chunks of one source, level and tier.
#[derive(Clone, Copy, Debug)]
struct Place {
    source: i64,
    level: Level,
    tier: i64,
    /// Whether the first of them is so old that nothing is waited for any more.
    old: bool,
}

/// Removes what a kill in the middle of a step has left. A shared store has nothing of the kind: there a
/// step is one transaction.
pub(crate) async fn tidy(db: &Db) -> Result<(), sqlx::Error> {
    if db.shared().is_none() {
        let mut conn = db.keeper().await?;
        query("delete from chunk where tier < 0").execute(&mut conn).await?;
        query("delete from block where chunk not in (select id from chunk)")
            .execute(&mut conn)
            .await?;
    }
    Ok(())
}

/// Does one piece of work; None when there is none.
pub(crate) async fn step(db: &Db, now_ms: i64) -> Result<Option<Done>, sqlx::Error> {
    let process = db.shared().map_or("", |store| &store.process);
    let waiting = query(sql::WAITING).bind(process).fetch_all(&mut db.keeper().await?).await?;
    for row in waiting {
        let (level, tier): (i64, i64) = (row.try_get(1)?, row.try_get(2)?);
        let Some(level) = Level::ALL.into_iter().find(|known| known.number() == level) else {
            continue;
        };
        let (count, from, to): (i64, i64, i64) =
            (row.try_get(3)?, row.try_get(4)?, row.try_get(5)?);
        let longest_ms = limits(level).1;
        let old = now_ms.saturating_sub(from) > 2 * longest_ms;
        let due = match tier {
            0 => count >= FLUSHES || to - from >= FLUSHED_MS || now_ms - from >= FLUSHED_MS,
            _ => count >= FAN_IN as i64 || (count > 1 && (old || to - from > longest_ms)),
        };
        if due {
            let place = Place { source: row.try_get(0)?, level, tier, old };
            if let Some(done) = step_at(db, place).await? {
                return Ok(Some(done));
            }
        }
    }
    Ok(None)
}

async fn step_at(db: &Db, place: Place) -> Result<Option<Done>, sqlx::Error> {
    let rows = query("select id, from_ms, to_ms, ticks, samples from chunk where source = $1 and level = $2 and tier = $3 order by from_ms, id")
        .bind(place.source).bind(place.level.number()).bind(place.tier)
        .fetch_all(&mut db.keeper().await?).await?;
    let head = |row: &Row| -> Result<Head, sqlx::Error> {
        Ok(Head {
            id: row.try_get(0)?,
            from_ms: row.try_get(1)?,
            to_ms: row.try_get(2)?,
            ticks: row.try_get(3)?,
            samples: row.try_get(4)?,
        })
    };
    let heads: Vec<Head> = rows.iter().map(head).collect::<Result<_, _>>()?;
    let (group, closed) = group(place, &heads);
    match group {
        [] => Ok(None),
        [alone] if place.tier > 0 && closed => {
            set_tier(&mut db.keeper().await?, alone.id, DONE).await?;
            Ok(Some(Done { corrupt: 0 }))
        }
        _ if place.tier == 0 || closed => merge_group(db, place, group).await.map(Some),
        _ => Ok(None),
    }
}

/// The first chunks that make one together, and whether nothing can be added to them any more.
fn group(place: Place, heads: &[Head]) -> (&[Head], bool) {
    let (most_ticks, longest_ms) = limits(place.level);
    let (mut ticks, mut samples) = (0, 0);
    for (count, head) in heads.iter().enumerate() {
        let first = heads.first().unwrap_or(head);
        let before = count.checked_sub(1).and_then(|before| heads.get(before));
        ticks += head.ticks;
        samples += head.samples;
        // Where the clock went back. A bucket may be in two chunks, half in each.
        let last_slot = |before: &Head| before.to_ms - (place.level.width_ms() - 1);
        let overlaps = before.is_some_and(|before| head.from_ms < last_slot(before));
        let too_much = ticks > most_ticks
            || samples > MOST_SAMPLES
            || head.to_ms - first.from_ms > longest_ms
            || overlaps;
        if count > 0 && (too_much || (place.tier > 0 && count == FAN_IN)) {
            return (heads.get(..count).unwrap_or(heads), true);
        }
    }
    (heads, place.tier > 0 && (place.old || heads.len() >= FAN_IN))
}

/// Gives a chunk its tier; 0 if it is gone.
async fn set_tier(conn: &mut Conn, id: i64, tier: i64) -> Result<u64, sqlx::Error> {
    query("update chunk set tier = $1 where id = $2").bind(tier).bind(id).execute(conn).await
}

async fn merge_group(db: &Db, place: Place, heads: &[Head]) -> Result<Done, sqlx::Error> {
    let mut conn = db.snapshot().await?;
    let (mut inputs, mut spans, mut unreadable) = (Vec::new(), Vec::new(), Vec::new());
    for some in heads.chunks(READ_AT_ONCE) {
        for (head, input) in some.iter().zip(read(&mut conn, some).await?) {
            match input {
                Some(input) => {
                    inputs.push(input);
                    spans.push((head.from_ms, head.to_ms));
                }
                None => unreadable.push((head.from_ms, head.to_ms)),
            }
        }
    }
    drop(conn);
    let seldom = inputs.iter().flat_map(|input| &input.slots);
    let minutes = seldom.map(|slot| slot.read_ms).max().unwrap_or(0) <= MINUTES_UP_TO_MS;
    let rollups: &[Level] = match (place.tier, minutes) {
        (0, true) => &[Level::Minute, Level::Hour, Level::Day],
        (0, false) => &[Level::Hour, Level::Day],
        _ => &[],
    };
    // What was flushed is merged again within hours.
    let effort = if place.tier == 0 { Effort::Quick } else { Effort::Small };
    let level = place.level;
    let merged = tokio::task::spawn_blocking(move || merge(level, inputs, rollups, effort)).await;
    let merged = merged.map_err(|error| sqlx::Error::Io(std::io::Error::other(error)))?;
    unreadable.extend(merged.corrupt.iter().filter_map(|input| spans.get(*input).copied()));
    let no_minutes = (place.tier == 0 && !minutes).then_some(());
    write(db, place, heads, &merged, &unreadable, no_minutes).await?;
    Ok(Done { corrupt: unreadable.len() as u64 })
}

/// Chunks with their columns, in this order; None for one whose times cannot be read.
async fn read(conn: &mut Conn, heads: &[Head]) -> Result<Vec<Option<Input>>, sqlx::Error> {
    let ids: Vec<i64> = heads.iter().map(|head| head.id).collect();
    let mut found: HashMap<i64, (Vec<u8>, VecDeque<Vec<u8>>)> = HashMap::new();
    for row in query(sql::COLUMNS).bind(ids).fetch_all(conn).await? {
        let chunk = match found.entry(row.try_get(0)?) {
            Entry::Occupied(chunk) => chunk.into_mut(),
            Entry::Vacant(chunk) => chunk.insert((row.try_get(1)?, VecDeque::new())),
        };
        chunk.1.extend(row.try_get::<Option<Vec<u8>>>(2)?);
    }
    let input = |head: &Head| {
        let (times, blocks) = found.remove(&head.id).ok_or(sqlx::Error::RowNotFound)?;
        Ok(slots::decode(&times).map(|slots| Input { slots, blocks }))
    };
    heads.iter().map(input).collect()
}

/// Writes the new chunks; then they take the place of the old ones, at once. Where they are large, they are
/// written in steps before that, invisible.
async fn write(
    db: &Db,
    place: Place,
    old: &[Head],
    merged: &Merged,
    unreadable: &[(i64, i64)],
    no_minutes: Option<()>,
) -> Result<(), sqlx::Error> {
    let to_ms = old.iter().map(|head| head.to_ms).max().unwrap_or(0);
    let bytes: i64 = merged.chunks.iter().map(Chunk::bytes).sum();
    let whole = db.shared().is_some() || bytes <= STEP_BYTES as i64;
    let mut fresh = Vec::new();
    for chunk in merged.chunks.iter().filter(|_| !whole) {
        fresh.push(write_invisible(db, place.source, chunk).await?);
    }
    if place.tier > 0 {
        see_entities(db, &merged.series, to_ms).await?;
    }
    let mut tx = db.begin_keeping().await?;
    let ids: Vec<i64> = old.iter().map(|head| head.id).collect();
    let gone = query(sql::DELETE_CHUNKS).bind(ids.clone()).execute(&mut tx).await?;
    if gone != old.len() as u64 {
        // Another process has merged them, or retention has dropped one.
        drop(tx);
        return tidy(db).await;
    }
    for chunk in merged.chunks.iter().filter(|_| whole) {
        insert_chunk(&mut tx, place.source, place.tier + 1, chunk).await?;
    }
    for id in fresh {
        if set_tier(&mut tx, id, place.tier + 1).await? == 0 {
            // Another process has tidied it away: the old ones stay.
            drop(tx);
            return tidy(db).await;
        }
    }
    for (from_ms, to_ms) in unreadable {
        corrupt_gap(&mut tx, place.source, *from_ms, *to_ms).await?;
    }
    if no_minutes.is_some() {
        complete_since(&mut tx, place.source, Level::Minute, to_ms + 1).await?;
    }
    if whole {
        query(sql::DELETE_BLOCKS).bind(ids).execute(&mut tx).await?;
        return tx.commit().await;
    }
    tx.commit().await?;
    for head in old {
        let blocks = query("delete from block where chunk = $1").bind(head.id);
        blocks.execute(&mut db.keeper().await?).await?;
    }
    Ok(())
}

async fn write_invisible(db: &Db, source: i64, chunk: &Chunk) -> Result<i64, sqlx::Error> {
    let mut tx = db.begin_keeping().await?;
    let head = insert_head(&mut tx, source, -1, chunk).await?;
    let mut bytes = 0;
    for block in &chunk.blocks {
        insert_blocks(&mut tx, head, std::slice::from_ref(block)).await?;
        bytes += block.data.len();
        if bytes > STEP_BYTES {
            tx.commit().await?;
            tx = db.begin_keeping().await?;
            bytes = 0;
        }
    }
    tx.commit().await?;
    Ok(head.id)
}

/// Notes when the entities of these series were last seen. That costs as much as writing a value, so it is not
/// done in the first merge.
async fn see_entities(db: &Db, series: &[i64], to_ms: i64) -> Result<(), sqlx::Error> {
    let mut entities: Vec<i64> = series.iter().map(|series| parts_of(*series).0).collect();
    entities.sort_unstable();
    entities.dedup();
    for some in entities.chunks(STEP_ENTITIES) {
        query(sql::SEEN).bind(to_ms).bind(some.to_vec()).execute(&mut db.keeper().await?).await?;
    }
    Ok(())
}

async fn corrupt_gap(
    conn: &mut Conn,
    source: i64,
    from_ms: i64,
    to_ms: i64,
) -> Result<(), sqlx::Error> {
    let gap = Gap {
        source: Source::new("", "", ""),
        from_ms,
        to_ms,
        reason: GapReason::Corrupt,
        detail: String::new(),
    };
    insert_gap(conn, source, &gap).await
}
