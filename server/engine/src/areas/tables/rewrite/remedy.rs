//! How the room is had back without locking anybody out, what that costs, and what comes first.

use model::Remedy;
use model::object::qualified;
use model::tables::{Band, Persistence, REPACK_SINCE, Table};

use super::{Cause, Place, bytes};

/// Why nobody is told to run it.
const NOT_FULL: &str = "Not VACUUM FULL: it holds ACCESS EXCLUSIVE for as long as it writes, and neither reads nor writes get through.";
/// What VACUUM takes (manual: VACUUM, "Explicit Locking").
const VACUUM_LOCK: &str = "SHARE UPDATE EXCLUSIVE on the table: it blocks neither reads nor writes. To cut empty pages off its end it takes ACCESS EXCLUSIVE for a moment, and gives that up as soon as somebody waits.";
/// What `REPACK (CONCURRENTLY)` takes (manual of 19: REPACK).
const REPACK_LOCK: &str = "SHARE UPDATE EXCLUSIVE on the table while it is written once more, and ACCESS EXCLUSIVE for a moment to exchange the two: set lock_timeout, for while that waits everything behind it waits too. Not inside a transaction.";
/// What `REINDEX CONCURRENTLY` takes (manual: REINDEX, "Rebuilding Indexes Concurrently").
const REINDEX_LOCK: &str = "SHARE UPDATE EXCLUSIVE on the table: it blocks neither reads nor writes, but waits for transactions that are open on the table; not inside a transaction.";

/// The most pages by which a file is extended at once, which REPACK (CONCURRENTLY) leaves behind the last row
/// (PostgreSQL's `MAX_BUFFERS_TO_EXTEND_BY`; seen on 19).
const REPACK_SPARE_PAGES: u32 = 64;

/// What is done about a table: first who keeps dead rows lets go, then VACUUM, and a rewrite only then.
pub fn of_table(place: &Place<'_>, cause: &Cause<'_>, band: &Band) -> Remedy {
    let table = place.table;
    let name = qualified(&table.nspname, &table.relname);
    let then = rewrite(place, band);
    let prevention = cause.prevention(&name).map(|words| format!(" {words}"));
    let prevention = prevention.unwrap_or_default();
    let refuted_by = Some("the table soon fills again: new rows take the room.".to_owned());
    if let Cause::Held(_) = cause {
        let first = held(
            cause,
            &format!("VACUUM the table, which makes the room usable. {}", then.message),
        );
        return Remedy { refuted_by, ..first };
    }
    if is_empty(table, band) {
        return Remedy {
            message: format!(
                "VACUUM gives the pages at the end of the table back when nothing is left on them: here all of them.{prevention}"
            ),
            sql: Some(format!("vacuum {name};")),
            lock: Some(VACUUM_LOCK.into()),
            undo: Some("None: dead rows are of no use to anybody.".into()),
            refuted_by,
        };
    }
    if band.is_mostly_dead() {
        let unknown = place.rewriting.xmin_holders.as_ref().err().map_or_else(String::new, |why| {
            format!(" Whether somebody may still see them is not known: {}", why.message())
        });
        return Remedy {
            message: format!(
                "VACUUM first: new rows then take the room of the dead ones, which is enough for a table that grows.{unknown}{prevention} If the disk needs the bytes: {}",
                then.message
            ),
            sql: Some(format!("vacuum (analyze) {name};")),
            lock: Some(VACUUM_LOCK.into()),
            undo: Some("None: dead rows are of no use to anybody.".into()),
            refuted_by,
        };
    }
    Remedy { message: format!("{}{prevention}", then.message), refuted_by, ..then }
}

/// What is done about an index: it is built anew beside itself, unless somebody still may see what is in it.
pub fn of_index(place: &Place<'_>, cause: &Cause<'_>, (relname, band): (&str, &Band)) -> Remedy {
    let name = qualified(&place.table.nspname, relname);
    let refuted_by = Some(
        "its keys come in random order and rows come and go: it soon has the same size again."
            .to_owned(),
    );
    if let Cause::Held(_) = cause {
        return Remedy {
            refuted_by,
            ..held(cause, &format!("reindex index concurrently {name}."))
        };
    }
    Remedy {
        message: format!(
            "Build the index anew beside the old one. It reads the table twice, and until it is done it takes up to {} more.",
            bytes(band.of_bytes.saturating_sub(band.low))
        ),
        sql: Some(format!("reindex index concurrently {name};")),
        lock: Some(REINDEX_LOCK.into()),
        undo: Some("None: the index stays the same. If it fails, an invalid index ending in _ccnew is left over: drop that.".into()),
        refuted_by,
    }
}

/// Whether nothing is left in it.
fn is_empty(table: &Table, band: &Band) -> bool {
    table.counters.n_live_tup == 0 && band.point.is_some_and(|point| point >= band.of_bytes)
}

/// First the holder lets go: what is rewritten before that is copied with its dead rows.
fn held(cause: &Cause<'_>, then: &str) -> Remedy {
    let Cause::Held(holder) = cause else { return Remedy::default() };
    let release = holder.release();
    let consequence = release.as_ref().map_or("", |release| release.consequence);
    Remedy {
        message: format!(
            "Let {} go first: until then VACUUM removes nothing that it may see, and a rewrite would copy it. {consequence} Then: {then}",
            holder.object()
        ),
        sql: release.map(|release| release.sql),
        lock: Some("None: it asks a process to end, or forgets a position.".into()),
        undo: Some("None: who held it has to begin anew.".into()),
        refuted_by: None,
    }
}

/// The most that its indexes take once they are built anew, bytes.
fn indexes_anew(place: &Place<'_>) -> i64 {
    let bloat = place.table.bloat.as_deref().and_then(|bloat| bloat.as_ref().ok());
    let given = bloat.into_iter().flat_map(|bloat| &bloat.indexes);
    let given = given.filter_map(|index| Some(index.band.as_ref().ok()?.low));
    let now = place.table.index_bytes(place.database.read.block_bytes);
    now.saturating_sub(given.fold(0, i64::saturating_add)).max(0)
}

/// Writing the table once more without locking anybody out, as far as the server can.
fn rewrite(place: &Place<'_>, band: &Band) -> Remedy {
    let (table, rewriting) = (place.table, place.rewriting);
    let name = qualified(&table.nspname, &table.relname);
    let indexes = indexes_anew(place);
    let needed = band.of_bytes.saturating_sub(band.low).saturating_add(indexes);
    let needed =
        format!("Until it is done it takes up to {} more, and as much WAL.", bytes(needed));
    let has_key = place.has_key();
    let is_logged = table.persistence == Persistence::Permanent;
    if rewriting.major >= REPACK_SINCE && has_key == Some(true) && is_logged {
        return Remedy {
            message: format!(
                "REPACK (CONCURRENTLY) writes the table and its indexes once more beside themselves. {needed} Up to {REPACK_SPARE_PAGES} pages at the end of the new table stay empty. {NOT_FULL}"
            ),
            sql: Some(format!("repack (concurrently) {name};")),
            lock: Some(REPACK_LOCK.into()),
            undo: Some("None: the table stays the same. If it fails, nothing has changed.".into()),
            refuted_by: None,
        };
    }
    let key = match has_key {
        Some(true) => "",
        Some(false) => {
            " It needs a primary key, or a unique index on columns that are not null: the table has no primary key."
        }
        None => " It needs a primary key, or a unique index on columns that are not null.",
    };
    let how = match (rewriting.major >= REPACK_SINCE, rewriting.has_pg_repack) {
        (_, true) => format!(
            "pg_repack, whose extension is installed in this database, writes the table once more while others use it: run its program with --table={name}."
        ),
        (true, false) => {
            "REPACK (CONCURRENTLY) writes the table once more while others use it.".to_owned()
        }
        (false, false) => format!(
            "pg_repack, an extension with a program, writes the table once more while others use it; it is not installed in this database. From PostgreSQL {REPACK_SINCE} on REPACK (CONCURRENTLY) does the same."
        ),
    };
    Remedy { message: format!("{how}{key} {needed} {NOT_FULL}"), ..Remedy::default() }
}
