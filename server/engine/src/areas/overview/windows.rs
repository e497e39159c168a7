//! Rates from cumulative counters over the window between two samples. A counter that went
//! backwards, an epoch that changed or a pause that was too long gives a gap, never a negative or a
//! smoothed number.

use model::overview::{CheckpointCounters, DatabaseCounters, SessionCounts, WalPosition, Window};

/// PostgreSQL's block size unless compiled otherwise, bytes.
const BLOCK_BYTES: f64 = 8_192.0;
/// A longer pause between two readings is a gap, ms: what happened inside is unknown.
const LONGEST_SPAN_MS: i64 = 30_000;

/// What one tick read.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    pub at_ms: i64,
    pub started_ms: i64,
    pub in_recovery: bool,
    pub sessions: Option<SessionCounts>,
    pub counters: Option<DatabaseCounters>,
    pub checkpoints: Option<CheckpointCounters>,
    pub wal: Option<WalPosition>,
}

/// The window between two samples.
pub fn between(before: &Sample, now: &Sample) -> Window {
    let span_ms = now.at_ms.saturating_sub(before.at_ms);
    let mut window =
        Window { at_ms: now.at_ms, span_ms: span_ms.max(0) as f64, ..Window::default() };
    add_present(&mut window, now);
    let comparable = span_ms > 0
        && span_ms <= LONGEST_SPAN_MS
        && before.started_ms == now.started_ms
        && before.in_recovery == now.in_recovery;
    if comparable {
        let seconds = span_ms as f64 / 1_000.0;
        add_rates(&mut window, before, now, seconds);
        add_checkpoints(&mut window, before, now);
        let wal = rise(before.wal.as_ref(), now.wal.as_ref(), |wal| wal.wal_bytes);
        window.wal_bytes_per_s = wal.map(|bytes| bytes as f64 / seconds);
    }
    window
}

/// Numbers that are counts of the moment, not differences. States that are hidden from us are not
/// zero: they are left unknown.
fn add_present(window: &mut Window, now: &Sample) {
    if let Some(sessions) = &now.sessions {
        window.connections = Some(sessions.connections);
        if sessions.hidden == 0 {
            window.active = Some(sessions.active);
            window.idle_in_transaction = Some(sessions.idle_in_transaction);
            window.waiting_for_lock = Some(sessions.waiting_for_lock);
            window.longest_lock_wait_ms = Some(sessions.longest_lock_wait_ms);
            window.slow_statements = Some(sessions.slow_statements);
        }
    }
    if let Some(wal) = &now.wal {
        window.lag_bytes = wal.lag_bytes;
        window.lag_ms = wal.lag_ms;
    }
}

/// How far a counter rose; None when it fell or is unknown.
fn rise<T>(before: Option<&T>, now: Option<&T>, of: impl Fn(&T) -> Option<i64>) -> Option<i64> {
    let difference = of(now?)?.checked_sub(of(before?)?)?;
    (difference >= 0).then_some(difference)
}

fn add_rates(window: &mut Window, before: &Sample, now: &Sample, seconds: f64) {
    let (before, now) = (before.counters.as_ref(), now.counters.as_ref());
    if before.and_then(|c| c.stats_reset_ms) != now.and_then(|c| c.stats_reset_ms) {
        return;
    }
    let rise = |of: fn(&DatabaseCounters) -> i64| rise(before, now, |c| Some(of(c)));
    let per_s = |count: Option<i64>| count.map(|count| count as f64 / seconds);
    let committed = rise(|c| c.xact_commit);
    let rolled_back = rise(|c| c.xact_rollback);
    let transactions = committed.zip(rolled_back).map(|(c, r)| c.saturating_add(r));
    window.transactions_per_s = per_s(transactions);
    window.rollback_percent =
        rolled_back.zip(transactions).and_then(|(part, all)| percent(part, all));
    let (hit, read) = (rise(|c| c.blks_hit), rise(|c| c.blks_read));
    window.cache_hit_percent =
        hit.zip(read).and_then(|(hit, read)| percent(hit, hit.saturating_add(read)));
    window.blocks_hit = hit;
    window.blocks_read = read;
    let read_ms =
        before.zip(now).and_then(|(before, now)| Some(now.blk_read_ms? - before.blk_read_ms?));
    window.read_ms = read_ms.filter(|ms| *ms >= 0.0);
    window.read_bytes_per_s = per_s(read).map(|blocks| blocks * BLOCK_BYTES);
    window.rows_written_per_s = per_s(rise(|c| c.tup_written));
    window.rows_read_per_s = per_s(rise(|c| c.tup_returned.saturating_add(c.tup_fetched)));
    window.temp_bytes_per_s = per_s(rise(|c| c.temp_bytes));
    window.deadlocks = rise(|c| c.deadlocks);
}

fn add_checkpoints(window: &mut Window, before: &Sample, now: &Sample) {
    let (before, now) = (before.checkpoints.as_ref(), now.checkpoints.as_ref());
    if before.and_then(|c| c.stats_reset_ms) != now.and_then(|c| c.stats_reset_ms) {
        return;
    }
    window.checkpoints = rise(before, now, |c| Some(c.timed.saturating_add(c.requested)));
    window.checkpoint_ms = before.zip(now).and_then(|(before, now)| {
        let spent = |c: &CheckpointCounters| c.write_time_ms + c.sync_time_ms;
        let ms = spent(now) - spent(before);
        (ms >= 0.0).then_some(ms)
    });
}

/// A share in percent; None of nothing: a share of zero events does not exist.
fn percent(part: i64, all: i64) -> Option<f64> {
    (all > 0).then(|| 100.0 * part as f64 / all as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(at_ms: i64, commit: i64, hit: i64, read: i64) -> Sample {
        Sample {
            at_ms,
            counters: Some(DatabaseCounters {
                xact_commit: commit,
                blks_hit: hit,
                blks_read: read,
                ..DatabaseCounters::default()
            }),
            ..Sample::default()
        }
    }

    #[test]
    fn rates_are_differences_over_the_window() {
        let window = between(&sample(0, 100, 1_000, 0), &sample(5_000, 150, 1_090, 10));
        assert_eq!(window.transactions_per_s, Some(10.0));
        assert_eq!(window.cache_hit_percent, Some(90.0));
        assert_eq!(window.read_bytes_per_s, Some(2.0 * BLOCK_BYTES));
    }

    #[test]
    fn a_counter_that_fell_is_a_gap() {
        let window = between(&sample(0, 100, 5, 5), &sample(5_000, 3, 9, 9));
        assert_eq!(window.transactions_per_s, None);
        assert_eq!(window.cache_hit_percent, Some(50.0));
    }

    #[test]
    fn a_reset_a_restart_and_a_long_pause_are_gaps() {
        let before = sample(0, 100, 0, 0);
        let mut reset = sample(5_000, 200, 0, 0);
        if let Some(counters) = &mut reset.counters {
            counters.stats_reset_ms = Some(4_000);
        }
        assert_eq!(between(&before, &reset).transactions_per_s, None);
        let restarted = Sample { started_ms: 1, ..sample(5_000, 200, 0, 0) };
        assert_eq!(between(&before, &restarted).transactions_per_s, None);
        assert_eq!(between(&before, &sample(60_000, 200, 0, 0)).transactions_per_s, None);
    }

    #[test]
    fn a_share_of_nothing_does_not_exist() {
        let window = between(&sample(0, 5, 5, 5), &sample(5_000, 5, 5, 5));
        assert_eq!(window.transactions_per_s, Some(0.0));
        assert_eq!(window.cache_hit_percent, None);
        assert_eq!(window.rollback_percent, None);
    }

    #[test]
    fn hidden_states_are_not_zero() {
        let hidden = SessionCounts { connections: 9, hidden: 8, ..SessionCounts::default() };
        let now = Sample { sessions: Some(hidden), ..sample(5_000, 1, 1, 1) };
        let window = between(&sample(0, 1, 1, 1), &now);
        assert_eq!((window.connections, window.active), (Some(9), None));
    }
}
