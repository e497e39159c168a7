//! Tests of whose turn it is.

use model::Reason;
use model::tables::{IndexSize, Maintenance};

use super::*;

/// As many tables as are not kept, and more than one reading takes; the last is the smallest.
fn many() -> Vec<Arc<Table>> {
    let count = u32::try_from(MOST_KEPT + 2 * MOST_IN_TURN).unwrap_or_default();
    (1..=count)
        .map(|oid| Table { oid, relpages: count + 1 - oid, relnatts: 2, ..Table::default() })
        .map(Arc::new)
        .collect()
}

fn oids(turns: &[Turn]) -> Vec<u32> {
    turns.iter().map(|turn| turn.oid).collect()
}

/// Does what a reading does with those whose turn it is.
fn read(estimates: &mut Estimates, tables: &[Arc<Table>], now_ms: i64) -> Vec<Turn> {
    let ranked = turns::ranked(tables, 8_192);
    estimates.forget(&ranked);
    let due = estimates.due(tables, &ranked, now_ms);
    for turn in &due {
        let with = read_with(&tables[turn.place]);
        if turn.is_kept {
            estimates.shapes.insert(turn.oid, (with, Shape::default()));
        } else {
            let heap = Err(Reason::NotYet);
            let bloat = Arc::new(Ok(TableBloat { heap, toast: None, indexes: Vec::new() }));
            estimates.estimated.insert(turn.oid, Estimated { with, at_ms: now_ms, bloat });
        }
    }
    due
}

#[test]
fn the_largest_come_first_all_have_had_their_turn_and_little_is_kept() {
    let (mut tables, mut estimates) = (many(), Estimates::default());
    let first = read(&mut estimates, &tables, 1_000);
    assert_eq!((first.len(), first[0].oid, first[0].is_kept), (MOST_IN_TURN, 1, true));
    assert_eq!(first.iter().filter(|turn| turn.is_kept).count(), MOST_KEPT);
    read(&mut estimates, &tables, 2_000);
    let rest = read(&mut estimates, &tables, 3_000);
    assert_eq!((rest.len(), rest.last().map(|turn| turn.oid)), (MOST_KEPT, Some(4_500)));
    assert!(read(&mut estimates, &tables, 4_000).is_empty(), "all hold");
    assert_eq!((estimates.shapes.len(), estimates.estimated.len()), (MOST_KEPT, 4_000));
    // Of a hundred thousand each has its turn before its estimate no longer holds, at a part a minute.
    const { assert!(100_000 <= HOLDS_MS as usize / 60_000 * MOST_TABLES) };

    let analysed = Maintenance { last_analyze_ms: Some(5), ..Maintenance::default() };
    Arc::make_mut(&mut tables[4_499]).maintenance = analysed.into();
    Arc::make_mut(&mut tables[0]).indexes = vec![IndexSize { oid: 9_999, ..IndexSize::default() }];
    assert_eq!(oids(&read(&mut estimates, &tables, 5_000)), [1, 4_500], "analysed, and altered");
    let later = read(&mut estimates, &tables, 1_000 + HOLDS_MS);
    assert_eq!(later.len(), MOST_IN_TURN - MOST_KEPT, "those of the first reading");
    assert!(later.iter().all(|turn| turn.since_ms == 1_000 && !turn.is_kept));
}

#[test]
fn tables_that_are_gone_are_forgotten_and_one_that_grew_is_kept() {
    let (mut tables, mut estimates) = (many(), Estimates::default());
    for now_ms in [1, 2, 3] {
        read(&mut estimates, &tables, now_ms);
    }
    Arc::make_mut(&mut tables[4_499]).relpages = 1_000_000;
    tables.remove(0);
    let grown = read(&mut estimates, &tables, 4);
    assert_eq!(oids(&grown), [4_500]);
    assert!(estimates.shapes.contains_key(&4_500) && !estimates.estimated.contains_key(&4_500));
    assert!(!estimates.shapes.contains_key(&1), "it is gone");
    assert_eq!((estimates.shapes.len(), estimates.estimated.len()), (MOST_KEPT, 3_999));
}
