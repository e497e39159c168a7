//! Tests of the rates of databases: averages, resets, pauses, events, and their order.

use super::*;

fn facts(started_ms: i64) -> Facts {
    serde_json::from_value(serde_json::json!({
        "major": 17, "version": "17.10", "in_recovery": false, "system_identifier": null,
        "timeline": null, "started_ms": started_ms, "database": "a", "role": "watcher",
        "superuser": false, "pg_monitor": true, "through_pooler": false, "provider": null,
        "extensions": []
    }))
    .expect("facts")
}

fn row(oid: i64, commits: i64) -> Row {
    let datname = format!("db{oid}");
    Row { oid, datname, commits, block_bytes: 8_192, total: 2, ..Row::default() }
}

fn commits(databases: &Databases, name: &str) -> Known<f64> {
    let row = databases.rows.iter().find(|row| row.datname == name).expect("the database");
    row.rates.as_ref().map(|rates| rates.commits_per_s).map_err(Clone::clone)
}

#[test]
fn rates_are_of_the_last_minute_and_the_busiest_comes_first() {
    let (mut state, facts) = (State::default(), facts(0));
    let first = state.rates(vec![row(1, 0), row(2, 0)], &facts, 0);
    assert_eq!(commits(&first, "db1"), Err(Reason::NeedsTwoReadings));
    for tick in 1..=20 {
        let now = state.rates(vec![row(1, 5 * tick), row(2, 50 * tick)], &facts, 5_000 * tick);
        assert_eq!(commits(&now, "db1"), Ok(1.0));
        assert_eq!(now.rows.first().map(|row| row.datname.as_str()), Some("db2"));
    }
    assert!(state.samples.len() <= 13, "no more than a minute is kept");
}

#[test]
fn a_reset_is_a_gap_and_then_a_rate_again() {
    let (mut state, facts) = (State::default(), facts(0));
    state.rates(vec![row(1, 1_000)], &facts, 0);
    let reset = |commits| Row { stats_reset_ms: Some(4_000), ..row(1, commits) };
    // More than before, so that only the time of the reset tells.
    let gap = state.rates(vec![reset(2_000)], &facts, 5_000);
    assert_eq!(commits(&gap, "db1"), Err(Reason::CounterReset));
    let next = state.rates(vec![reset(2_050)], &facts, 10_000);
    assert_eq!(commits(&next, "db1"), Ok(10.0));
    let fell = state.rates(vec![reset(5)], &facts, 15_000);
    assert_eq!(commits(&fell, "db1"), Err(Reason::CounterReset));
}

#[test]
fn a_restart_and_a_long_pause_begin_anew() {
    let mut state = State::default();
    state.rates(vec![row(1, 0)], &facts(0), 0);
    let restarted = state.rates(vec![row(1, 100)], &facts(1), 5_000);
    assert_eq!(commits(&restarted, "db1"), Err(Reason::NeedsTwoReadings));
    let paused = state.rates(vec![row(1, 200)], &facts(1), 50_000);
    assert_eq!(commits(&paused, "db1"), Err(Reason::NeedsTwoReadings));
}

#[test]
fn deadlocks_are_counted_for_a_quarter_of_an_hour() {
    let (mut state, facts) = (State::default(), facts(0));
    let with = |deadlocks| Row { deadlocks, ..row(1, 0) };
    state.rates(vec![with(7)], &facts, 0);
    let deadlocks = |databases: Databases| {
        let rates = databases.rows.into_iter().next().map(|row| row.rates);
        rates.and_then(Result::ok).map(|rates| rates.deadlocks)
    };
    assert_eq!(deadlocks(state.rates(vec![with(9)], &facts, 5_000)), Some(2));
    for tick in 2..=180 {
        assert_eq!(deadlocks(state.rates(vec![with(9)], &facts, 5_000 * tick)), Some(2));
    }
    assert_eq!(deadlocks(state.rates(vec![with(9)], &facts, 5_000 * 182)), Some(0));
}

#[test]
fn a_size_that_is_refused_is_unknown() {
    let sizes = |sizes| Sizes { asked_ms: Some(0), sizes };
    let known = HashMap::from([(1, Some(8_192)), (2, None)]);
    let read = sizes(Some(Ok(known)));
    assert_eq!(read.of(&row(1, 0), &facts(0)), Ok(8_192));
    assert!(matches!(read.of(&row(2, 0), &facts(0)), Err(Reason::MissingGrant { .. })));
    assert_eq!(read.of(&row(3, 0), &facts(0)), Err(Reason::NotYet));
    let late = Reason::TimedOut { after_ms: 2_000 };
    assert_eq!(sizes(Some(Err(late.clone()))).of(&row(1, 0), &facts(0)), Err(late));
}

#[test]
fn sizes_are_read_seldom_and_more_seldom_where_that_takes_long() {
    assert!(Sizes::default().is_due(0));
    let read = |sizes| Sizes { asked_ms: Some(0), sizes: Some(sizes) };
    let (known, refused) = (read(Ok(HashMap::new())), read(Err(Reason::NotYet)));
    assert!(!known.is_due(SIZES_EVERY_MS - 1) && known.is_due(SIZES_EVERY_MS));
    assert!(refused.is_due(SIZES_EVERY_MS));
    let late = read(Err(Reason::TimedOut { after_ms: 2_000 }));
    assert!(!late.is_due(SLOW_SIZES_EVERY_MS - 1) && late.is_due(SLOW_SIZES_EVERY_MS));
}
