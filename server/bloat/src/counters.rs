//! What the counters say that a rewrite can give back at most, where they cover the table's whole life.

use crate::input::Server;
use crate::table::Activity;

/// A bulk load extends a file by up to 64 pages and leaves the last ones empty, from PostgreSQL 16 on
/// (`MAX_BUFFERS_TO_EXTEND_BY` in src/backend/access/heap/hio.c).
const BULK_EXTENSION_PAGES: f64 = 64.0;
/// The first major that extends by more than a page at a time.
const BULK_EXTENSION_SINCE: u16 = 16;

/// Pages that a rewrite can give back by the dead row versions that the counters ever saw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bound {
    pub(crate) likely: f64,
    pub(crate) most: f64,
}

/// Bytes of a row version with its line pointer, and the room of a page for them.
pub(crate) struct Versions {
    pub(crate) mean: f64,
    pub(crate) longest: f64,
    pub(crate) room: f64,
}

/// `None` where the counters do not cover the table's life.
pub(crate) fn bound(
    server: &Server,
    activity: &Activity,
    pages: f64,
    live: f64,
    versions: &Versions,
) -> Option<Bound> {
    let inserted = activity.n_tup_ins as f64;
    let (updated, deleted) = (activity.n_tup_upd as f64, activity.n_tup_del as f64);
    let extension = if server.major >= BULK_EXTENSION_SINCE { BULK_EXTENSION_PAGES } else { 1.0 };
    let slack = extension.min(pages);
    let covers_rows = inserted + updated > 0.0 && inserted - deleted >= live * 0.999 - 1.0;
    // More pages than all versions that were counted could fill: counting began too late.
    let filled = (inserted + updated) * versions.longest.min(3.0 * versions.mean) / versions.room;
    if !covers_rows || filled < 0.8 * (pages - slack) {
        return None;
    }
    let dead = updated + deleted + (inserted - deleted - live).max(0.0);
    // What no version ever filled comes back as well: a reserve, if the fillfactor was raised since.
    let at_most = (inserted + updated) * versions.longest / versions.room;
    let empty = (pages - slack - at_most).max(0.0);
    let likely = (1.02 * dead * versions.longest / versions.room + empty).ceil();
    Some(Bound { likely, most: likely + slack })
}
