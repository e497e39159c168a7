//! Estimates the remaining time of a running command from its progress between two readings.

use std::collections::HashMap;

use model::activity::Progress;

/// The commands that an optional part of `progress` is about.
pub fn commands(part: &str) -> Option<&'static str> {
    match part {
        "vacuum" => Some("VACUUM"),
        "analyze" => Some("ANALYZE"),
        "create_index" => Some("CREATE INDEX and REINDEX"),
        "cluster" => Some("CLUSTER and VACUUM FULL"),
        "repack" => Some("REPACK, CLUSTER and VACUUM FULL"),
        "base_backup" => Some("Base backups"),
        "copy" => Some("COPY"),
        _ => None,
    }
}

/// How far each command was, and how fast.
#[derive(Default)]
pub struct Before(HashMap<(i32, String, String), Seen>);

#[derive(Clone, Copy)]
struct Seen {
    at_ms: i64,
    done: f64,
    /// Smoothed speed, units per millisecond.
    speed: Option<f64>,
}

/// Weight of the newest speed in the smoothed one: about ten readings count.
const NEWEST_WEIGHT: f64 = 0.2;

impl Before {
    /// The rows with their time left; commands that ended are forgotten.
    pub fn with_time_left(&mut self, mut rows: Vec<Progress>, now_ms: i64) -> Vec<Progress> {
        let mut seen = HashMap::with_capacity(rows.len());
        for row in &mut rows {
            let Some(done) = row.done else { continue };
            let key = (row.pid, row.command.clone(), row.phase.clone());
            let speed = speed(self.0.get(&key), done, now_ms);
            row.left_ms = row
                .total
                .zip(speed)
                .filter(|(total, speed)| *speed > 0.0 && *total >= done)
                .map(|(total, speed)| (total - done) / speed);
            seen.insert(key, Seen { at_ms: now_ms, done, speed });
        }
        self.0 = seen;
        rows
    }
}

fn speed(before: Option<&Seen>, done: f64, now_ms: i64) -> Option<f64> {
    let before = before?;
    let span_ms = (now_ms - before.at_ms) as f64;
    if span_ms <= 0.0 || done < before.done {
        return before.speed;
    }
    let newest = (done - before.done) / span_ms;
    Some(before.speed.map_or(newest, |old| old + NEWEST_WEIGHT * (newest - old)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(done: f64) -> Vec<Progress> {
        vec![Progress {
            pid: 1,
            command: "VACUUM".into(),
            phase: "scanning heap".into(),
            done: Some(done),
            total: Some(100.0),
            ..Progress::default()
        }]
    }

    #[test]
    fn time_left_needs_two_readings() {
        let mut before = Before::default();
        assert_eq!(before.with_time_left(row(10.0), 0)[0].left_ms, None);
        assert_eq!(before.with_time_left(row(20.0), 1_000)[0].left_ms, Some(8_000.0));
    }

    #[test]
    fn a_standstill_has_no_time_left() {
        let mut before = Before::default();
        before.with_time_left(row(10.0), 0);
        assert_eq!(before.with_time_left(row(10.0), 1_000)[0].left_ms, None);
    }
}
