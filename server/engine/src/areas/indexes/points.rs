//! What the history takes of a tick: scans and sizes of the indexes that were scanned most, and of the largest.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use history::{Entity, Metric, Point};
use model::indexes::{DatabaseIndexes, Index, Indexes};

/// The most indexes of one database that were scanned and are kept of one tick; those with most scans first.
const MOST_SCANNED: usize = 400;
/// The largest indexes are kept of every tick, whether they were scanned or not.
const MOST_LARGE: usize = 200;

/// Scans begun since the reading before.
pub const SCANS: Metric = Metric::increment("idx_scan");
/// The size as of the last VACUUM, ANALYZE or CREATE INDEX.
pub const BYTES: Metric = Metric::gauge("index_bytes");
/// Of a database: indexes whose scans of this tick are not kept, or are not known after a reset. Where it is zero, an
/// index without a point was not scanned.
pub const UNKNOWN: Metric = Metric::gauge("indexes_without_scans");

/// The thing in the history that an index is: by names, which survive a dump and a failover.
pub fn entity(datname: &str, nspname: &str, relname: &str) -> Entity {
    Entity::of([("database", datname), ("schema", nspname), ("index", relname)])
}

/// The database that indexes are in.
pub fn database_entity(datname: &str) -> Entity {
    Entity::of([("database", datname)])
}

/// The points of the databases that were read in this tick.
pub fn points(value: &Indexes) -> Vec<Point> {
    let now_ms = value.databases.iter().map(|database| database.at_ms).max();
    let read = value.databases.iter().filter(|database| Some(database.at_ms) == now_ms);
    let of = read.filter_map(|database| Some((database.datname.as_str(), database.known()?)));
    of.flat_map(|(datname, read)| of_database(datname, read)).collect()
}

fn of_database(datname: &str, read: &DatabaseIndexes) -> Vec<Point> {
    // Without a reading before nothing is known of scans.
    if !read.indexes.is_empty() && read.indexes.iter().all(|index| read.scanned(index).is_none()) {
        return Vec::new();
    }
    let chosen = chosen(read);
    let is_told = |place: usize, index: &Index| match read.scanned(index) {
        Some(0) => true,
        Some(_) => chosen.contains(&place),
        None => false,
    };
    let untold = read.indexes.iter().enumerate().filter(|(place, one)| !is_told(*place, one));
    let mut points = vec![Point::new(&database_entity(datname), UNKNOWN, untold.count() as f64)];
    for place in &chosen {
        let Some(index) = read.indexes.get(*place) else { continue };
        let Some(owner) = read.owner(index.indrelid) else { continue };
        let entity = entity(datname, &owner.nspname, &index.relname);
        if let Some(scans) = read.scanned(index) {
            points.push(Point::new(&entity, SCANS, scans as f64));
        }
        points.push(Point::new(&entity, BYTES, read.size_bytes(index)));
    }
    points
}

/// The places of the indexes that are kept.
fn chosen(read: &DatabaseIndexes) -> BTreeSet<usize> {
    let all = || read.indexes.iter().enumerate();
    let scanned = all().filter_map(|(place, index)| Some((Reverse(read.scanned(index)?), place)));
    let scanned = scanned.filter(|(Reverse(scans), _)| *scans > 0).collect();
    let large = all().map(|(place, index)| (Reverse(i64::from(index.relpages)), place)).collect();
    let mut places = first(scanned, MOST_SCANNED);
    places.append(&mut first(large, MOST_LARGE));
    places
}

/// The places of the first in order.
fn first(mut all: Vec<(Reverse<i64>, usize)>, most: usize) -> BTreeSet<usize> {
    if all.len() > most {
        all.select_nth_unstable(most);
        all.truncate(most);
    }
    all.into_iter().map(|(_, place)| place).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use model::indexes::Owner;

    use super::*;

    fn database(count: u32, scanned: impl Fn(u32) -> Option<i64>) -> DatabaseIndexes {
        let index = |oid: u32| Index {
            oid,
            indrelid: 1,
            relname: format!("i{oid}"),
            relpages: count - oid,
            scanned: scanned(oid),
            ..Index::default()
        };
        let owners = vec![Arc::new(Owner { oid: 1, nspname: "public".into(), ..Owner::default() })];
        let indexes = (0..count).map(|oid| Arc::new(index(oid))).collect();
        DatabaseIndexes {
            compared: true,
            owners,
            indexes,
            block_bytes: 8_192,
            ..DatabaseIndexes::default()
        }
    }

    fn of(points: &[Point], name: &str) -> Vec<f64> {
        points.iter().filter(|point| point.metric.name == name).map(|point| point.value).collect()
    }

    #[test]
    fn those_scanned_most_and_the_largest_are_kept_and_the_others_are_counted() {
        let points = of_database("shop", &database(2_000, |oid| Some(i64::from(oid))));
        assert_eq!(of(&points, SCANS.name).len(), MOST_SCANNED + MOST_LARGE);
        assert_eq!(of(&points, SCANS.name).into_iter().fold(0.0, f64::max), 1_999.0);
        let left_out = 2_000 - MOST_SCANNED - MOST_LARGE;
        assert_eq!(of(&points, UNKNOWN.name), [left_out as f64]);
    }

    #[test]
    fn no_scan_is_told_of_all_and_what_is_not_known_of_none() {
        let quiet = of_database("shop", &database(1_000, |_| Some(0)));
        assert_eq!(of(&quiet, UNKNOWN.name), [0.0], "none of them was scanned");
        assert_eq!(of(&quiet, SCANS.name), [0.0; MOST_LARGE]);
        let reset = of_database("shop", &database(3, |oid| (oid > 0).then_some(1)));
        assert_eq!((of(&reset, UNKNOWN.name), of(&reset, SCANS.name)), (vec![1.0], vec![1.0; 2]));
        assert!(of_database("shop", &database(3, |_| None)).is_empty(), "the first reading");
    }
}
