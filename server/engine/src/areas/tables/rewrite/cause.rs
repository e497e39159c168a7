//! Why a table has so much room that nobody uses, by its counters and settings. Pure.

use model::XminHolder;
use model::autovacuum::Options;
use model::tables::{Band, Table};
use model::{duration, quantity};

use super::{Place, bytes};

/// Why.
#[derive(Clone, Debug, PartialEq)]
pub enum Cause<'a> {
    /// Dead rows that VACUUM may not remove yet.
    Held(&'a XminHolder),
    /// Dead rows, and autovacuum is off for the table.
    OffForTable,
    /// Dead rows, and autovacuum is off for the server.
    OffForServer,
    /// Dead rows, though autovacuum may take the table.
    Behind,
    /// Room that deleted rows left.
    Deleted,
    /// Room that updated rows left, because their pages had none for the new version.
    NoRoom,
    /// Room that updated rows left, because they changed a column in an index.
    IndexedColumn,
    /// Room that updated rows left, one or the other: told since 16.
    Updated,
    /// Nothing that was counted.
    NotCounted,
}

/// The cause of a table's bloat, or of its index's, by the estimate of the table. Rows that are dead and still there
/// come before room that was left: what keeps them goes on.
pub fn cause<'a>(place: &Place<'a>, heap: &Band) -> Cause<'a> {
    let (table, settings) = (place.table, &place.database.read.autovacuum);
    if heap.is_mostly_dead() {
        let is_on = Options::of_table(settings, table).enabled;
        return match place.rewriting.holder(place.held_for_ms) {
            Some(holder) => Cause::Held(holder),
            None if !settings.enabled || !settings.track_counts => Cause::OffForServer,
            None if !is_on => Cause::OffForTable,
            None => Cause::Behind,
        };
    }
    left(table)
}

/// What left room that is free by now.
fn left(table: &Table) -> Cause<'static> {
    let of = &table.counters;
    let (updated, not_hot) = (of.n_tup_upd, not_hot(table));
    if of.n_tup_del > 0 && of.n_tup_del >= not_hot {
        return Cause::Deleted;
    }
    match of.n_tup_newpage_upd {
        _ if not_hot == 0 && updated > 0 => Cause::Updated,
        _ if not_hot == 0 => Cause::NotCounted,
        Some(moved) if moved.saturating_mul(2) >= not_hot => Cause::NoRoom,
        Some(_) => Cause::IndexedColumn,
        None => Cause::Updated,
    }
}

/// Updates that made new index entries.
fn not_hot(table: &Table) -> i64 {
    table.counters.n_tup_upd.saturating_sub(table.counters.n_tup_hot_upd).max(0)
}

impl Cause<'_> {
    /// It, as a sentence.
    pub fn sentence(&self, table: &Table, heap: &Band) -> String {
        let of = &table.counters;
        let dead = format!("{} of the table are dead rows", bytes(heap.dead));
        let (updates, not_hot) = (grouped(of.n_tup_upd), grouped(not_hot(table)));
        match self {
            Self::Held(holder) => {
                let since = holder
                    .since_ms
                    .map_or_else(String::new, |ms| format!(", open for {},", duration(ms)));
                format!(
                    "{dead} that VACUUM may not remove: {}{since} may still see them.",
                    holder.object()
                )
            }
            Self::OffForTable => {
                format!("{dead} that nobody removes: autovacuum is off for this table.")
            }
            Self::OffForServer => {
                format!("{dead} that nobody removes: autovacuum is off for the whole server.")
            }
            Self::Behind => format!("{dead} that autovacuum has not removed yet."),
            Self::Deleted => format!(
                "{} rows were deleted: VACUUM keeps their room for new rows and does not give it back.",
                grouped(of.n_tup_del)
            ),
            Self::NoRoom => {
                let fillfactor = table.option("fillfactor").unwrap_or("100");
                format!(
                    "{not_hot} of {updates} updates were not HOT, most because the page had no room for another version (fillfactor {fillfactor}): each left a hole and new index entries."
                )
            }
            Self::IndexedColumn => format!(
                "{not_hot} of {updates} updates were not HOT although most had room on their page: they change a column that an index holds."
            ),
            Self::Updated => format!(
                "{not_hot} of {updates} updates were not HOT: their page had no room for another version, or they changed a column that an index holds."
            ),
            Self::NotCounted => {
                "What emptied it was before the statistics were last reset.".to_owned()
            }
        }
    }

    /// What keeps it from coming back.
    pub fn prevention(&self, name: &str) -> Option<String> {
        Some(match self {
            Self::Held(_) | Self::NotCounted => return None,
            Self::OffForTable => format!(
                "Let autovacuum take the table again: alter table {name} reset (autovacuum_enabled)."
            ),
            Self::OffForServer => "Turn autovacuum and track_counts on again.".to_owned(),
            Self::Behind => {
                "Let autovacuum come sooner: the page Vacuum shows when it would with a lower scale factor.".to_owned()
            }
            Self::Deleted => {
                "Where such deletes come again, partitions by time are dropped without a trace."
                    .to_owned()
            }
            Self::NoRoom => format!(
                "Leave room for updates before the rewrite, at the price of a tenth of the table: alter table {name} set (fillfactor = 90)."
            ),
            Self::IndexedColumn | Self::Updated => {
                "Look whether the index on the updated column is needed: the page Indexes says who scans it.".to_owned()
            }
        })
    }
}

fn grouped(count: i64) -> String {
    quantity::grouped(count as f64)
}

#[cfg(test)]
mod tests {
    use model::tables::Counters;

    use super::*;

    fn left_by(updated: i64, hot: i64, newpage: Option<i64>, deleted: i64) -> Cause<'static> {
        let counters = Counters {
            n_tup_upd: updated,
            n_tup_hot_upd: hot,
            n_tup_newpage_upd: newpage,
            n_tup_del: deleted,
            ..Counters::default()
        };
        left(&Table { counters, ..Table::default() })
    }

    #[test]
    fn counters_say_what_left_the_room() {
        assert_eq!(left_by(0, 0, None, 0), Cause::NotCounted);
        assert_eq!(left_by(10, 0, Some(9), 20), Cause::Deleted);
        assert_eq!(left_by(10, 0, Some(9), 1), Cause::NoRoom);
        assert_eq!(left_by(10, 2, Some(3), 1), Cause::IndexedColumn);
        assert_eq!(left_by(10, 2, None, 0), Cause::Updated, "before 16 it is not told");
        assert_eq!(left_by(10, 10, None, 3), Cause::Deleted, "HOT updates leave little");
    }
}
