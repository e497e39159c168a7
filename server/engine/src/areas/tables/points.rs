//! What the history takes of a tick: sizes and counters of the tables that moved, and of the largest.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use history::{Entity, Metric, Point};
use model::tables::{Band, DatabaseTables, Table, Tables};

/// The most tables of one database that moved and are kept of one tick; those with most changes first.
const MOST_MOVED: usize = 400;
/// The largest tables are kept of every tick, whether they moved or not.
const MOST_LARGE: usize = 100;
/// So are those whose rewrite would give back most.
const MOST_BLOATED: usize = 100;
/// Less than that is not kept: a MiB.
const BLOAT_FROM_BYTES: i64 = 1 << 20;

/// The thing in the history that a table is: by names, which survive a dump and a failover.
pub fn entity(datname: &str, table: &Table) -> Entity {
    entity_of(datname, &table.nspname, &table.relname)
}

/// The same by names alone.
pub fn entity_of(datname: &str, nspname: &str, relname: &str) -> Entity {
    Entity::of([("database", datname), ("schema", nspname), ("table", relname)])
}

/// The points of the databases that were read in this tick.
pub fn points(value: &Tables) -> Vec<Point> {
    let read = value.databases.iter().filter(|database| database.at_ms == value.at_ms);
    let of = read.filter_map(|database| Some((database.datname.as_str(), database.known()?)));
    of.flat_map(|(datname, read)| of_database(datname, read)).collect()
}

fn of_database(datname: &str, read: &DatabaseTables) -> Vec<Point> {
    let mut points = Vec::new();
    for place in chosen(read) {
        let Some(table) = read.tables.get(place) else { continue };
        let entity = entity(datname, table);
        for (name, sum) in table.moved.iter().flat_map(|moved| moved.sums()) {
            if sum != 0 {
                points.push(Point::new(&entity, Metric::increment(name), sum as f64));
            }
        }
        let gauges = gauges(table, read.block_bytes).into_iter();
        points.extend(gauges.map(|(name, value)| Point::new(&entity, Metric::gauge(name), value)));
    }
    points
}

/// What a table is at this moment.
fn gauges(table: &Table, block_bytes: u32) -> Vec<(&'static str, f64)> {
    let counters = &table.counters;
    let mut gauges = vec![
        ("heap_bytes", table.heap_bytes(block_bytes) as f64),
        ("toast_bytes", table.toast_bytes(block_bytes) as f64),
        ("index_bytes", table.index_bytes(block_bytes) as f64),
        ("n_live_tup", counters.n_live_tup as f64),
        ("n_dead_tup", counters.n_dead_tup as f64),
        ("n_mod_since_analyze", counters.n_mod_since_analyze as f64),
        ("n_ins_since_vacuum", counters.n_ins_since_vacuum as f64),
    ];
    gauges.extend(table.reltuples.map(|rows| ("reltuples", rows)));
    gauges.extend(table.xid_age.map(|age| ("xid_age", age as f64)));
    gauges.extend(bloat(table));
    gauges
}

/// What a rewrite of its heap would give back, where that is worth a point.
fn bloat(table: &Table) -> Vec<(&'static str, f64)> {
    let Some(heap) = heap(table).filter(|band| band.high >= BLOAT_FROM_BYTES) else {
        return Vec::new();
    };
    let ends = [("bloat_low_bytes", heap.low as f64), ("bloat_high_bytes", heap.high as f64)];
    let likely = heap.point.map(|point| ("bloat_likely_bytes", point as f64));
    ends.into_iter().chain(likely).collect()
}

fn heap(table: &Table) -> Option<&Band> {
    table.bloat.as_deref()?.as_ref().ok()?.heap.as_ref().ok()
}

/// The places of the tables that are kept.
fn chosen(read: &DatabaseTables) -> BTreeSet<usize> {
    let own = || read.tables.iter().enumerate().filter(|(_, table)| !table.is_system());
    let moved = own().filter_map(|(place, table)| Some((place, table.moved.as_ref()?)));
    let mut moved: Vec<_> = moved
        .map(|(place, moved)| (Reverse((moved.changes(), moved.heap_blks_read)), place))
        .collect();
    moved.sort_unstable();
    let mut large: Vec<_> =
        own().map(|(place, table)| (Reverse(table.total_bytes(read.block_bytes)), place)).collect();
    large.sort_unstable();
    let bloated = own().filter_map(|(place, table)| Some((Reverse(heap(table)?.low), place)));
    let mut bloated: Vec<_> =
        bloated.filter(|(Reverse(low), _)| *low >= BLOAT_FROM_BYTES).collect();
    bloated.sort_unstable();
    let moved = moved.into_iter().take(MOST_MOVED).map(|(_, place)| place);
    let large = large.into_iter().take(MOST_LARGE).map(|(_, place)| place);
    let bloated = bloated.into_iter().take(MOST_BLOATED).map(|(_, place)| place);
    moved.chain(large).chain(bloated).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use model::tables::{Counters, TableBloat};

    fn table(oid: u32, moved: i64, relpages: u32) -> Table {
        let counters = Counters { n_tup_ins: moved, ..Counters::default() };
        let moved = (moved > 0).then(|| Box::new(counters));
        Table { oid, relname: format!("t{oid}"), moved, relpages, ..Table::default() }
    }

    #[test]
    fn those_that_moved_and_the_largest_are_kept_and_no_more() {
        let tables =
            (0..1_000).map(|oid| Arc::new(table(oid, i64::from(oid), 1_000 - oid))).collect();
        let read = DatabaseTables { tables, block_bytes: 8_192, ..DatabaseTables::default() };
        let chosen = chosen(&read);
        assert_eq!(chosen.len(), MOST_MOVED + MOST_LARGE);
        assert!(chosen.contains(&999) && chosen.contains(&0) && !chosen.contains(&500));
        let points = of_database("shop", &read);
        let most = points.iter().filter(|point| point.metric.name == "n_tup_ins").map(|p| p.value);
        assert_eq!(most.fold(0.0, f64::max), 999.0);
    }

    #[test]
    fn what_little_would_come_back_is_no_point() {
        let with = |oid, low| {
            let heap = Ok(Band { low, high: 2 * low, point: Some(low), ..Band::default() });
            let bloat = TableBloat { heap, toast: None, indexes: Vec::new() };
            Table { bloat: Some(Arc::new(Ok(bloat))), ..table(oid, 0, 2_000 - oid) }
        };
        let low = |oid: u32| i64::from(oid / 900) * BLOAT_FROM_BYTES / 2;
        let tables = (0..2_000).map(|oid| Arc::new(with(oid, low(oid)))).collect();
        let read = DatabaseTables { tables, block_bytes: 8_192, ..DatabaseTables::default() };
        let chosen = chosen(&read);
        assert_eq!(chosen.len(), MOST_LARGE + MOST_BLOATED);
        assert!(chosen.contains(&1_800) && !chosen.contains(&1_000), "a half of a MiB is little");
        let points = of_database("shop", &read);
        let of = |name: &str| points.iter().filter(|point| point.metric.name == name).count();
        let counts = ["bloat_low_bytes", "bloat_likely_bytes", "bloat_high_bytes"].map(of);
        assert_eq!(counts, [MOST_BLOATED; 3], "none of the large, whose bands are empty");
    }

    #[test]
    fn a_reset_is_no_change() {
        let now = Counters { n_tup_ins: 5, seq_scan: 1, ..Counters::default() };
        let before = Counters { n_tup_ins: 9, ..Counters::default() };
        assert_eq!(now.since(&before), None);
        assert_eq!(now.since(&now), None, "nothing moved");
        let first = Counters { n_tup_ins: 2, ..Counters::default() };
        assert_eq!(now.since(&first).map(|added| (added.n_tup_ins, added.seq_scan)), Some((3, 1)));
    }
}
