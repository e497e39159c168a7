//! What a rewrite changes beside dead rows, and what is not known.

use std::collections::BTreeMap;

use bloat::{
    Alignment, Btree, Cause, Column, Counters, Estimate, IndexSize, Key, KeySource, NullsLeft,
    Shape, Size, Statistics, Storage, Toast, Unknown,
};

use crate::make::*;

fn has(estimate: &Estimate, cause: Cause) -> bool {
    estimate.reasons.iter().any(|reason| reason.cause == cause)
}

#[test]
fn a_dropped_column_is_a_null_in_every_rebuilt_row() {
    let dropped =
        Column { is_dropped: true, statistics: Statistics::NeverAnalyzed, ..text(2, 0.0) };
    let columns = vec![int(1), dropped.clone()];
    assert_eq!(heap_pages(226_000, columns), 1_000, "what it held is gone");
    let many: Vec<Column> = (1..=8).map(int).chain([Column { attnum: 9, ..dropped }]).collect();
    let without: Vec<Column> = (1..=8).map(int).collect();
    assert!(
        heap_pages(226_000, many) > heap_pages(226_000, without),
        "from nine columns on, a longer header"
    );
}

#[test]
fn a_virtual_generated_column_is_not_stored() {
    let generated =
        Column { is_virtual: true, statistics: Statistics::NeverAnalyzed, ..text(2, 0.0) };
    let estimate = heap(&shape(vec![int(1), generated]), &table(226_000, PAGES));
    assert_eq!(left(&estimate), 1_000);
    assert!(!has(&estimate, Cause::NeverAnalyzed));
}

#[test]
fn a_fillfactor_that_was_lowered_later_makes_a_rewrite_grow() {
    let mut table = table(226_000, 1_000);
    table.fillfactor = Some(50);
    let estimate = heap(&shape(vec![int(1)]), &table);
    assert_eq!((estimate.point, estimate.high), (Some(0), 0));
    assert_eq!(pages(estimate.would_grow), 1_000);
}

#[test]
fn defaults_of_new_columns_are_not_in_old_rows() {
    let added = Column { has_missing: true, ..text(2, 60.0) };
    let estimate = heap(&shape(vec![int(1), added]), &table(100_000, 500));
    assert_eq!(estimate.point, Some(0));
    assert!(pages(estimate.would_grow) > 500);
    assert!(has(&estimate, Cause::FastDefault));
}

/// Four rows of 1,640 bytes to a page leave a fifth of it free, which no rewrite gives back.
#[test]
fn the_ends_of_pages_are_not_reclaimable() {
    let column = Column { storage: Storage::Plain, ..column(1, 1_616, Alignment::Double) };
    let estimate = heap(&shape(vec![column]), &table(4_000, 1_000));
    assert_eq!(estimate.point, Some(0));
    assert!(pages(estimate.high) <= 3);
}

#[test]
fn dead_rows_wait_for_vacuum() {
    let mut table = table(113_000, 1_000);
    table.counters.activity.n_dead_tup = 113_000;
    let estimate = heap(&shape(vec![int(1)]), &table);
    assert_eq!(pages(estimate.point.unwrap()), 500);
    assert_eq!(estimate.dead, 113_000 * 36);
    table.counters.activity.n_dead_tup = u64::MAX;
    assert_eq!(heap(&shape(vec![int(1)]), &table).dead, estimate.bytes, "never more than there is");
}

#[test]
fn why_there_are_no_statistics_is_said() {
    let reasons = [
        (Statistics::NeverAnalyzed, Cause::NeverAnalyzed),
        (Statistics::NotPermitted, Cause::NotPermitted),
        (Statistics::TargetZero, Cause::TargetZero),
    ];
    for (statistics, cause) in reasons {
        let column = unknown(text(1, 0.0), statistics);
        let estimate = heap(&shape(vec![column.clone()]), &table(100_000, 1_000));
        assert_eq!(estimate.point, None);
        assert_eq!(estimate.reasons.first().map(|reason| reason.cause), Some(cause));
        let estimate = tree(100_000, vec![column.clone()], btree(&[&column]), 1_000);
        assert!(has(&estimate, cause));
    }
    // The length of integers needs no statistics.
    let column = Column { statistics: Statistics::NotPermitted, ..int(1) };
    assert_eq!(heap_pages(226_000, vec![column]), 1_000);
}

#[test]
fn rows_that_changed_since_analyze_widen_the_band() {
    let shape = shape(vec![int(1), text(2, 100.0)]);
    let fresh = heap(&shape, &table(50_000, 2_000));
    let mut table = table(50_000, 2_000);
    table.counters.activity.n_mod_since_analyze = 25_000;
    let stale = heap(&shape, &table);
    assert!(stale.high - stale.low > fresh.high - fresh.low);
    assert!(has(&stale, Cause::StaleWidths));
}

#[test]
fn a_name_is_64_bytes_in_a_table_and_as_long_as_it_is_in_an_index() {
    let name = Column { storage: Storage::Plain, ..column(1, 64, Alignment::Char) };
    assert_eq!(heap_pages(88_000, vec![name.clone()]), 1_000);
    let mut btree = btree(&[&name]);
    btree.keys = vec![Key { len: -2, ..btree.keys[0].clone() }];
    let estimate = tree(100_000, vec![name], btree, 1_000);
    assert!(has(&estimate, Cause::NameWidth));
    assert_eq!(estimate.point, None);
}

#[test]
fn the_width_of_an_expression_has_a_header_that_the_index_does_not_store() {
    let key = |statistics| Key {
        source: KeySource::Expression(statistics),
        len: -1,
        align: Alignment::Int,
        storage: Storage::Extended,
        nulls_left: NullsLeft::AsInTable,
    };
    // lower(md5): 36 bytes by its statistics, 33 in the index.
    let of = |width| {
        let btree = Btree { keys: vec![key(numbers(0.0, width, -1.0))], ..btree(&[&int(1)]) };
        tree(300_000, vec![int(1)], btree, PAGES)
    };
    let estimate = of(36.0);
    assert_eq!(left(&estimate), 2_036);
    assert!(has(&estimate, Cause::ExpressionWidth));
}

#[test]
fn a_value_that_the_table_keeps_outside_lies_in_the_index() {
    let long = text(1, 18.0);
    let mut table = table(10_000, 100);
    table.toast = Some(Toast { counters: counters(100, 100, 400.0), index_reltuples: None });
    table.indexes = BTreeMap::from([(INDEX, index(2_000, 10_000.0))]);
    let shape = Shape { btrees: vec![btree(&[&long])], columns: vec![long] };
    let estimate = estimate(&shape, &table).indexes.remove(&INDEX).unwrap().unwrap();
    assert!(has(&estimate, Cause::ToastedKey));
    assert_eq!(estimate.point, None);
}

fn partial(nulls_left: NullsLeft, column: &Column) -> Btree {
    let mut btree = Btree { is_partial: true, ..btree(&[column]) };
    btree.keys = vec![Key { nulls_left, ..btree.keys[0].clone() }];
    btree
}

#[test]
fn a_partial_index_holds_its_share_of_the_rows() {
    let mut table = table(300_000, PAGES);
    table.indexes = BTreeMap::from([(INDEX, index(PAGES, 30_000.0))]);
    let shape = Shape { columns: vec![int(1)], btrees: vec![partial(NullsLeft::None, &int(1))] };
    let of = |table: &bloat::Table| estimate(&shape, table).indexes.remove(&INDEX).unwrap();
    let whole = of(&table).unwrap();
    assert!(left(&whole).abs_diff(84) <= 1, "{whole:?}");
    assert!(has(&whole, Cause::PartialShare));
    // Its reltuples may be a 0 from when it was created on an empty table.
    table.counters.activity.n_mod_since_analyze = 200_000;
    assert_eq!(of(&table), Err(Unknown::PartialNotCounted));
    table.counters.activity.n_mod_since_analyze = 0;
    table.indexes = BTreeMap::from([(INDEX, index(PAGES, -1.0))]);
    assert_eq!(of(&table), Err(Unknown::PartialNotCounted));
}

#[test]
fn a_predicate_settles_the_nulls() {
    let column = nullable(int(1), 0.9);
    let of = |nulls_left| {
        let mut table = table(300_000, PAGES);
        table.indexes = BTreeMap::from([(INDEX, index(PAGES, 30_000.0))]);
        let shape =
            Shape { columns: vec![column.clone()], btrees: vec![partial(nulls_left, &column)] };
        estimate(&shape, &table).indexes.remove(&INDEX).unwrap().unwrap()
    };
    assert!(left(&of(NullsLeft::None)) > 2 * left(&of(NullsLeft::All)), "nulls are one key");
    assert!(has(&of(NullsLeft::Doubtful), Cause::PredicateNulls));
}

#[test]
fn other_access_methods_and_invalid_indexes_are_unknown() {
    let mut table = table(1_000, 10);
    let gin = IndexSize {
        is_btree: false,
        size: Size { pages: Some(9), relpages: 9, reltuples: 1_000.0 },
    };
    table.indexes =
        BTreeMap::from([(INDEX, index(10, 1_000.0)), (2, gin), (3, index(10, 1_000.0))]);
    let invalid = Btree { is_valid: false, ..btree(&[&int(1)]) };
    let shape = Shape { columns: vec![int(1)], btrees: vec![invalid] };
    let all = estimate(&shape, &table);
    assert_eq!(all.indexes[&INDEX], Err(Unknown::Invalid));
    assert_eq!(all.indexes[&2], Err(Unknown::AccessMethod));
    assert_eq!(all.indexes[&3], Err(Unknown::NotRead));
    table.is_heap = false;
    let all = estimate(&shape, &table);
    assert_eq!(
        (&all.heap, &all.indexes[&INDEX]),
        (&Err(Unknown::AccessMethod), &Err(Unknown::AccessMethod))
    );
}

#[test]
fn a_toast_table_has_the_widest_honest_band() {
    let mut table = table(1_000, 10);
    let mut toast = counters(2_000, 2_000, 4_000.0);
    toast.activity.n_live_tup = 4_000;
    // TOAST tables are never analyzed, so this grows for ever.
    toast.activity.n_mod_since_analyze = 90_000;
    table.toast = Some(Toast { counters: toast, index_reltuples: Some(4_000.0) });
    let shape = shape(vec![int(1), text(2, 18.0)]);
    let estimate = estimate(&shape, &table).toast.unwrap().unwrap();
    assert!(has(&estimate, Cause::ChunkSizes));
    // 4,000 full chunks are 1,000 pages; with a nearly empty last chunk in four they are fewer.
    let (least, most) = band(&estimate);
    assert!(least < 900 && (1_000..1_300).contains(&most), "{least} to {most}");
    table.toast = Some(Toast::default());
    let empty = bloat::estimate(&SERVER, &shape, &table).toast.unwrap().unwrap();
    assert_eq!((empty.bytes, empty.point), (0, Some(0)));
    table.toast =
        Some(Toast { counters: Counters { ..counters(10, 10, -1.0) }, index_reltuples: None });
    let lost = bloat::estimate(&SERVER, &shape, &table).toast.unwrap();
    assert_eq!(lost, Err(Unknown::NoRowCount));
}

#[test]
fn pages_of_another_size_hold_another_number_of_rows() {
    let server = bloat::Server { block_size: 16_384, ..SERVER };
    let table = table(454_000, PAGES);
    let estimate = bloat::estimate(&server, &shape(vec![int(1)]), &table).heap.unwrap();
    assert_eq!((estimate.bytes - estimate.point.unwrap()) / 16_384, 1_000);
}

#[test]
fn shares_of_the_doubt_are_of_one_whole_and_in_order() {
    let mut table = table(50_000, 2_000);
    table.counters.activity.n_mod_since_analyze = 25_000;
    let columns =
        vec![nullable(int(1), 0.3), text(2, 100.0), nullable(bigint(3), 0.5), text(4, 30.0)];
    let estimate = heap(&shape(columns), &table);
    let shares: Vec<f64> = estimate.reasons.iter().map(|reason| reason.share).collect();
    assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    assert!(shares.is_sorted_by(|one, other| one >= other));
    for reason in &estimate.reasons {
        assert!(reason.cause.sentence().ends_with('.'));
    }
}

#[test]
fn an_estimate_reads_itself_as_json() {
    let mut table = table(50_000, 2_000);
    table.indexes = BTreeMap::from([(INDEX, index(500, 50_000.0)), (7, index(5, 1.0))]);
    let shape = Shape { columns: vec![int(1), text(2, 40.0)], btrees: vec![btree(&[&int(1)])] };
    let all = estimate(&shape, &table);
    let json = serde_json::to_string(&all).unwrap();
    assert!(json.contains("\"width_truncated\"") && json.contains("\"not_read\""), "{json}");
    let read: bloat::TableEstimate = serde_json::from_str(&json).unwrap();
    let numbers = |estimate: &Estimate| {
        let causes: Vec<Cause> = estimate.reasons.iter().map(|reason| reason.cause).collect();
        (estimate.bytes, estimate.point, estimate.low, estimate.high, causes)
    };
    assert_eq!(numbers(&read.heap.unwrap()), numbers(&all.heap.unwrap()));
    assert_eq!(read.indexes[&7], all.indexes[&7]);
    let shape_json = serde_json::to_string(&shape).unwrap();
    assert_eq!(serde_json::from_str::<Shape>(&shape_json).unwrap(), shape);
}
