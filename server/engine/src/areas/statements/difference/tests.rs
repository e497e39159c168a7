//! What becomes of an entry between two readings: each way to be removed, to come back, to begin anew.

use super::*;

fn counters(calls: f64, total_ms: f64, since_us: Option<i64>) -> Counters {
    let squares = if calls > 0.0 { total_ms * total_ms / calls } else { 0.0 };
    let sums = [
        (Measure::Calls, calls),
        (Measure::ExecTime, total_ms),
        (Measure::ExecTimeSquares, squares),
    ];
    let mean_ms = if calls > 0.0 { total_ms / calls } else { 0.0 };
    Counters {
        sums: sums.into_iter().collect(),
        min_ms: mean_ms,
        max_ms: mean_ms,
        since_us,
        extremes_since_us: since_us,
    }
}

fn key(queryid: i64) -> Key {
    Key { userid: 10, dbid: 5, toplevel: true, queryid }
}

fn poll(at_ms: i64, entries: &[(i64, Counters)]) -> Poll {
    let entries = entries.iter().map(|(id, counters)| (key(*id), counters.clone())).collect();
    Poll {
        at_ms,
        server_now_us: at_ms * 1_000,
        version: 11,
        max_entries: 100,
        entries,
        ..Poll::default()
    }
}

fn calls(tick: &Tick) -> Vec<(i64, f64, Bound)> {
    let shown = |moved: &Moved| (moved.key.queryid, moved.sums.get(Measure::Calls), moved.bound);
    let mut all: Vec<_> = tick.moved.iter().map(shown).collect();
    all.sort_by_key(|(id, ..)| *id);
    all
}

#[test]
fn only_entries_that_moved_are_there() {
    let before = poll(1_000, &[(1, counters(5.0, 5.0, Some(1))), (2, counters(7.0, 7.0, Some(1)))]);
    let now = poll(11_000, &[(1, counters(5.0, 5.0, Some(1))), (2, counters(9.0, 9.0, Some(1)))]);
    let tick = difference(&before, &now);
    assert_eq!(calls(&tick), [(2, 2.0, Bound::Exact)]);
    assert_eq!((tick.span_ms, tick.gap, tick.total.get(Measure::Calls)), (10_000, None, 2.0));
}

#[test]
fn an_entry_that_came_back_counts_in_full() {
    // By stats_since, where the new counter is above the old one.
    let before = poll(1_000, &[(1, counters(5.0, 5.0, Some(1)))]);
    let now = poll(11_000, &[(1, counters(8.0, 8.0, Some(5_000_000)))]);
    assert_eq!(calls(&difference(&before, &now)), [(1, 8.0, Bound::LowerBound)]);
    // Without it, by a counter that fell.
    let before = poll(1_000, &[(1, counters(5.0, 5.0, None))]);
    let now = poll(11_000, &[(1, counters(2.0, 2.0, None))]);
    let tick = difference(&before, &now);
    assert_eq!(calls(&tick), [(1, 2.0, Bound::LowerBound)]);
    assert_eq!(tick.integrity.returned, 1);
    // Or by an extreme that narrowed.
    let now = poll(11_000, &[(1, counters(9.0, 9.9, None))]);
    assert_eq!(calls(&difference(&before, &now)), [(1, 9.0, Bound::LowerBound)]);
}

#[test]
fn where_entries_were_removed_old_versions_know_lower_bounds_only() {
    let before = poll(1_000, &[(1, counters(5.0, 5.0, None))]);
    let mut now = poll(11_000, &[(1, counters(9.0, 9.0, None)), (2, counters(1.0, 1.0, None))]);
    now.deallocations = (3, 3);
    let tick = difference(&before, &now);
    assert_eq!(calls(&tick), [(1, 4.0, Bound::LowerBound), (2, 1.0, Bound::LowerBound)]);
    assert_eq!((tick.integrity.deallocations, tick.integrity.evicted), (3, 30));
    assert_eq!(tick.integrity.lower_bounds, 2);
}

#[test]
fn all_entries_reset_is_a_gap_and_what_came_after_counts() {
    let before = poll(1_000, &[(1, counters(5.0, 5.0, None))]);
    let mut now = poll(11_000, &[(1, counters(9.0, 9.0, None))]);
    now.reset_us = 4_000_000;
    let tick = difference(&before, &now);
    assert_eq!(calls(&tick), [(1, 9.0, Bound::LowerBound)]);
    let gap = Gap { from_ms: 1_000, to_ms: 4_000, reason: GapReason::Reset };
    assert_eq!(tick.gap, Some(gap));
    now.started_us = 4_000_000;
    assert_eq!(difference(&before, &now).gap, Some(Gap { reason: GapReason::Restart, ..gap }));
}

#[test]
fn another_server_under_the_same_address_counts_for_nothing() {
    let before = poll(1_000, &[(1, counters(5.0, 5.0, None))]);
    // Its counters began before our last reading.
    let mut now = poll(11_000, &[(1, counters(9.0, 9.0, None))]);
    (now.reset_us, now.started_us) = (500_000, 500_000);
    let tick = difference(&before, &now);
    assert_eq!(
        (calls(&tick), tick.gap.map(|gap| gap.reason)),
        (vec![], Some(GapReason::OtherServer))
    );
    assert_eq!(tick.integrity.active_ms, Err(Reason::CounterReset));
    // A promotion of the server that we watch changes nothing.
    let mut now = poll(11_000, &[(1, counters(9.0, 9.0, None))]);
    now.timeline = Some(2);
    assert_eq!(calls(&difference(&before, &now)), [(1, 4.0, Bound::Exact)]);
}

#[test]
fn a_hidden_entry_that_becomes_visible_is_not_new() {
    let mut before = poll(1_000, &[]);
    before.hidden = 1;
    let now =
        poll(11_000, &[(1, counters(9.0, 9.0, None)), (2, counters(9.0, 9.0, Some(2_000_000)))]);
    assert_eq!(calls(&difference(&before, &now)), [(2, 9.0, Bound::Exact)]);
}

#[test]
fn what_a_newer_version_brings_has_no_value_before() {
    let mut before = poll(1_000, &[(1, counters(5.0, 5.0, None))]);
    before.version = 9;
    let mut after = counters(6.0, 6.0, Some(5));
    after.sums = after.sums.iter().chain([(Measure::JitFunctions, 70.0)]).collect();
    let tick = difference(&before, &poll(11_000, &[(1, after)]));
    assert_eq!(calls(&tick), [(1, 1.0, Bound::Exact)]);
    assert_eq!(tick.total.get(Measure::JitFunctions), 0.0);
    assert!(!tick.knows(Measure::JitFunctions) && tick.knows(Measure::Plans));
}

#[test]
fn what_functions_run_is_in_their_callers_time_already() {
    let before = poll(1_000, &[]);
    let mut now = poll(11_000, &[(1, counters(1.0, 10.0, None))]);
    now.entries.insert(Key { toplevel: false, ..key(2) }, counters(1.0, 9.0, None));
    let tick = difference(&before, &now);
    assert_eq!((tick.moved.len(), tick.integrity.seen_ms), (2, 10.0));
}

#[test]
fn the_maximum_is_of_this_span_only_where_it_rose_or_began_anew() {
    let before = poll(1_000, &[(1, counters(5.0, 5.0, Some(1)))]);
    let mut same = counters(6.0, 6.0, Some(1));
    let is_new = |counters: &Counters| {
        let tick = difference(&before, &poll(11_000, &[(1, counters.clone())]));
        tick.moved.first().map(|moved| moved.max_is_new)
    };
    assert_eq!(is_new(&same), Some(false));
    // pg_stat_statements_reset(…, minmax_only => true): the totals go on.
    same.extremes_since_us = Some(2_000_000);
    assert_eq!(is_new(&same), Some(true));
    same.extremes_since_us = Some(1);
    same.max_ms = 1.5;
    assert_eq!(is_new(&same), Some(true));
}
