//! Live rows: where counters of the server mislead.

use bloat::{Cause, Estimate, Statistics, Unknown};

use crate::make::*;

/// Rows that a heap of one integer was taken to have: 226 to a page.
fn rows(estimate: &Estimate) -> u64 {
    left(estimate) * 226
}

fn has(estimate: &Estimate, cause: Cause) -> bool {
    estimate.reasons.iter().any(|reason| reason.cause == cause)
}

#[test]
fn work_and_its_analyze_in_one_session_are_counted_twice() {
    let mut table = table(10_000, 23);
    table.counters.size.reltuples = 5_000.0;
    table.counters.activity.n_tup_ins = 5_000;
    table.counters.activity.n_mod_since_analyze = 5_000;
    let estimate = heap(&shape(vec![int(1)]), &table);
    assert_eq!(rows(&estimate), 23 * 226);
    assert_eq!((estimate.low, estimate.would_grow), (0, 0));
}

/// 118,991 is right: nine sweeps of VACUUM had drifted to 177,084.
#[test]
fn vacuum_extrapolates_and_the_index_tells_the_truth() {
    let mut table = table(168_083, 800);
    let counters = &mut table.counters;
    counters.size.reltuples = 177_084.0;
    counters.activity.n_tup_ins = 50_000;
    counters.activity.n_tup_upd = 400_000;
    counters.activity.n_tup_del = 60_000;
    counters.activity.n_mod_since_analyze = 100_000;
    counters.activity.last_analyze_us = Some(1);
    counters.activity.last_vacuum_us = Some(2);
    let mut shape = shape(vec![int(1)]);
    shape.btrees.push(btree(&[&int(1)]));
    table.indexes.insert(INDEX, index(500, 118_991.0));
    let estimate = heap(&shape, &table);
    // 118,991 less what the counter says was deleted since: 168,083 - 177,084.
    let expected = (118_991 - 9_001_u64).div_ceil(226);
    assert_eq!(left(&estimate), expected);
    let (least, most) = band(&estimate);
    assert!(least < 118_991 / 226 && 118_991 / 226 < most);
    // Without a delete or an update the index was not read, so its count is old.
    table.counters.activity.n_tup_upd = 0;
    table.counters.activity.n_tup_del = 0;
    let estimate = heap(&shape, &table);
    assert_eq!(left(&estimate), 168_083_u64.div_ceil(226));
}

#[test]
fn after_a_reset_the_count_of_the_last_analyze_is_left() {
    let mut table = table(0, 443);
    table.counters.size.reltuples = 100_000.0;
    let estimate = heap(&shape(vec![int(1)]), &table);
    assert!(has(&estimate, Cause::CountersLost));
    assert_eq!(estimate.point, None, "there is no point in so wide a band");
    assert_eq!(estimate.low, 0);
    assert!(pages(estimate.high) > 300);
}

#[test]
fn minus_one_is_never_counted_and_not_a_number() {
    let mut table = table(0, 443);
    table.counters.size.reltuples = -1.0;
    assert_eq!(estimate(&shape(vec![int(1)]), &table).heap, Err(Unknown::NoRowCount));
    table.counters.activity.n_live_tup = 100_000;
    assert_eq!(left(&heap(&shape(vec![int(1)]), &table)), 443);
}

#[test]
fn an_index_of_a_table_that_was_created_empty_is_not_empty() {
    let mut table = table(100_000, 443);
    table.counters.size.reltuples = 0.0;
    table.counters.size.relpages = 0;
    table.counters.activity.n_mod_since_analyze = 100_000;
    table.counters.activity.n_tup_ins = 100_000;
    let estimate = heap(&shape(vec![int(1)]), &table);
    assert_eq!(left(&estimate), 443);
}

#[test]
fn relpages_go_with_reltuples_and_never_with_counters() {
    let mut table = table(50_000, 443);
    table.counters.size.pages = None;
    table.counters.size.reltuples = 100_000.0;
    let estimate = heap(&shape(vec![int(1)]), &table);
    assert_eq!(left(&estimate), 443);
    assert!(has(&estimate, Cause::AsOfLastVacuum));
}

#[test]
fn an_empty_file_gives_nothing_back() {
    let estimate = heap(&shape(vec![int(1)]), &table(0, 0));
    assert_eq!((estimate.bytes, estimate.point, estimate.high), (0, Some(0), 0));
}

/// Widths are from before the rows were made longer: the sizes say that half the table is free, the counters
/// that nothing ever died.
#[test]
fn counters_that_saw_nothing_die_outweigh_widths() {
    let mut table = table(50_000, 3_000);
    table.counters.activity.n_tup_ins = 50_000;
    table.counters.activity.n_mod_since_analyze = 25_000;
    let estimate = heap(&shape(vec![int(1), text(2, 100.0)]), &table);
    assert_eq!((estimate.point, estimate.low), (Some(0), 0));
    assert!(pages(estimate.high) <= 64, "a bulk load may have left pages: {estimate:?}");
    // TRUNCATE and a crash make the counters say less than there is, dropped columns more than they saw.
    table.counters.activity.n_tup_ins = 20_000;
    assert!(heap(&shape(vec![int(1), text(2, 100.0)]), &table).low > 0);
}

/// A table of fillfactor 60 was filled and updated; without the option a rewrite gives the reserve back as well.
/// PostgreSQL 14 gave back 60 of 149 pages.
#[test]
fn a_reserve_that_is_no_longer_kept_comes_back() {
    let mut table = table(20_000, 149);
    table.counters.activity.n_tup_ins = 20_000;
    table.counters.activity.n_tup_upd = 10_000;
    let server = bloat::Server { major: 14, ..SERVER };
    let columns = shape(vec![int(1), int(2)]);
    let estimate = bloat::estimate(&server, &columns, &table).heap.unwrap();
    assert!(pages(estimate.high) >= 60, "{estimate:?}");
}

/// COPY and CREATE TABLE AS on PostgreSQL 16 and later leave up to 64 empty pages at the end.
#[test]
fn a_bulk_load_may_leave_pages_at_the_end() {
    let mut table = table(226 * 368, 384);
    table.counters.activity.n_tup_ins = 226 * 368;
    let estimate = heap(&shape(vec![int(1)]), &table);
    assert!(pages(estimate.high) >= 16);
}

#[test]
fn absurd_numbers_have_an_estimate_too() {
    let mut table = table(u64::MAX, u64::MAX);
    table.counters.activity.n_tup_ins = u64::MAX;
    table.counters.activity.n_tup_upd = u64::MAX;
    table.counters.activity.n_mod_since_analyze = u64::MAX;
    let wild = unknown(text(2, 0.0), numbers(f64::NAN, f64::INFINITY, f64::NAN));
    let wide = text(3, 100_000.0);
    let mut shape = shape(vec![int(1), wild.clone(), wide.clone()]);
    shape.btrees.push(bloat::Btree { fillfactor: Some(0), ..btree(&[&int(1), &wild, &wide]) });
    for reltuples in [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e300] {
        table.counters.size.reltuples = reltuples;
        table.indexes.insert(INDEX, index(u64::MAX, reltuples));
        let all = estimate(&shape, &table);
        for estimate in [all.heap.clone(), all.indexes[&INDEX].clone()].into_iter().flatten() {
            assert!(estimate.low <= estimate.high, "{estimate:?}");
        }
    }
    let lost = unknown(int(1), Statistics::NotPermitted);
    assert!(
        heap(&crate::make::shape(vec![lost]), &table)
            .reasons
            .iter()
            .all(|reason| reason.share.is_finite())
    );
}
