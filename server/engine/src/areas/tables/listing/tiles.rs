//! The map of tables: the largest of each database, and one tile for all others of it.

use std::collections::BTreeMap;

use model::tables::listing::{Order, Tile};

use super::matching::{Match, numbers};

/// The most tables on the map: more are too small to be seen.
const MOST_TILES: usize = 80;

/// The tiles of what matches, largest first; what cannot be added up has no map.
pub(super) fn tiles(matches: &[Match<'_>], order: Order) -> Vec<Tile> {
    let area = |one: &Match<'_>| match order {
        // The bytes that dead rows take, about.
        Order::Dead => dead_bytes(one),
        Order::Heap
        | Order::Toast
        | Order::Indexes
        | Order::Reclaimable
        | Order::Growth
        | Order::SeqRows => one.value(order),
        _ => Some(one.bytes as f64),
    };
    let mut areas: Vec<(Option<f64>, usize)> =
        matches.iter().enumerate().map(|(place, one)| (area(one), place)).collect();
    areas.retain(|(area, _)| area.is_some_and(|area| area > 0.0));
    if areas.len() > MOST_TILES {
        areas.select_nth_unstable_by(MOST_TILES, |a, b| numbers(a.0, b.0, true));
    }
    let mut others: BTreeMap<&str, Tile> = BTreeMap::new();
    let rest = areas.get(MOST_TILES..).unwrap_or_default();
    for (area, one) in rest.iter().filter_map(|(area, place)| Some((*area, matches.get(*place)?))) {
        let tile = others
            .entry(one.datname)
            .or_insert_with(|| Tile { datname: one.datname.to_owned(), ..Tile::default() });
        tile.tables = tile.tables.saturating_add(1);
        tile.area += area.unwrap_or_default();
        tile.bytes = tile.bytes.saturating_add(one.bytes);
    }
    areas.truncate(MOST_TILES);
    areas.sort_unstable_by(|a, b| numbers(a.0, b.0, true).then(a.1.cmp(&b.1)));
    let largest = areas.iter().filter_map(|(area, place)| {
        let one = matches.get(*place)?;
        Some(Tile {
            datname: one.datname.to_owned(),
            nspname: one.entry.table.nspname.to_string(),
            relname: one.entry.table.relname.clone(),
            tables: one.entry.partitions.len().saturating_add(1),
            area: area.unwrap_or_default(),
            bytes: one.bytes,
            dead_percent: one.sums().dead_percent(),
        })
    });
    largest.chain(others.into_values()).collect()
}

fn dead_bytes(one: &Match<'_>) -> Option<f64> {
    let sums = one.sums();
    Some(sums.heap_bytes as f64 * sums.dead_percent()? / 100.0)
}
