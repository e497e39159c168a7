//! Runs of statements, followed from sample to sample: when each is first met, and how long those took that
//! have ended (`docs/limits.md#latency`).

use std::collections::{BTreeMap, HashMap};

use history::{Entity, Point};
use model::activity::runs::Runs;
use model::activity::{Activity, Session};
use model::latency::{FIRST_LONG, SAMPLED_EVERY_MS, bucket};

use super::profile::counts;
use crate::sampled::{RUNS_ENDED, RUNS_MET};

/// How far two looks at the same start may lie apart, ms: the columns of a row are not of one instant.
const SAME_START_MS: f64 = 5.0;
/// After a longer pause than so many samples nothing is said of what happened in it.
const MOST_MISSED: f64 = 3.0;
/// How many different rows one sample adds.
const ROWS_PER_SAMPLE: usize = 200;

/// A session, whatever becomes of its pid.
type Who = (i32, Option<i64>);

/// A run that has not been seen to end.
#[derive(Clone, Copy)]
struct Run {
    query_id: i64,
    /// After the session's own start, ms.
    start_ms: f64,
    age_ms: f64,
}

/// What the sample before met.
#[derive(Default)]
pub struct Running {
    at_ms: Option<i64>,
    runs: HashMap<Who, Run>,
}

impl Running {
    /// What this sample adds.
    pub fn look(&mut self, sessions: &[Session], now_ms: i64) -> Runs {
        let since = self.at_ms.map(|at_ms| now_ms.saturating_sub(at_ms) as f64);
        let missed = since.map(|since| since / SAMPLED_EVERY_MS);
        let weight = missed.filter(|n| (0.0..MOST_MISSED).contains(n)).unwrap_or(1.0);
        let known = since.filter(|since| (0.0..MOST_MISSED * SAMPLED_EVERY_MS).contains(since));
        let mut before = std::mem::take(&mut self.runs);
        if known.is_none() {
            before.clear();
        }
        let mut found = Runs { weight, ..Runs::default() };
        for session in sessions.iter().filter(|session| !session.own) {
            let who = (session.pid, session.backend_start_ms);
            let start_ms = session.backend_age_ms.zip(session.query_age_ms).map(|(b, q)| b - q);
            let was = before.remove(&who);
            let (Some(start_ms), Some(age_ms)) = (start_ms, session.query_age_ms) else { continue };
            let same = was.filter(|was| (was.start_ms - start_ms).abs() <= SAME_START_MS);
            // Between two statements of one string there is no identifier for an instant.
            let running = runs_now(session)
                .then(|| session.query_id.or(same.map(|was| was.query_id)))
                .flatten();
            if let Some(query_id) = running {
                if same.is_none() {
                    found.met.push((query_id, age_ms));
                }
                let query_id = same.map_or(query_id, |was| was.query_id);
                self.runs.insert(who, Run { query_id, start_ms, age_ms });
            }
            let ended = match (was, same) {
                (Some(was), Some(_)) if running.is_none() => {
                    // Idle since it ended: the server knows when that was.
                    session.state_age_ms.map(|idle| (was.query_id, age_ms - idle))
                }
                (Some(was), None) => {
                    Some((was.query_id, (was.age_ms + start_ms - was.start_ms) / 2.0))
                }
                _ => None,
            };
            found.ended.extend(ended);
        }
        let gone = before.values().zip(known.into_iter().cycle());
        found.ended.extend(gone.map(|(run, since)| (run.query_id, run.age_ms + since / 2.0)));
        self.at_ms = Some(now_ms);
        found
    }
}

/// Whether the session runs a statement now, and not for another one.
fn runs_now(session: &Session) -> bool {
    let leads = session.leader_pid.is_none_or(|leader| leader == session.pid);
    counts(session) && leads
}

/// What one reading adds.
pub fn points(activity: &Activity) -> Vec<Point> {
    let mut rows: BTreeMap<(i64, usize, bool), f64> = BTreeMap::new();
    let runs = &activity.runs;
    let met = runs.met.iter().map(|(id, age_ms)| ((*id, bucket(*age_ms), true), runs.weight));
    let ended = runs.ended.iter().map(|(id, ms)| ((*id, bucket(*ms), false), 1.0));
    for (row, count) in ended.filter(|((_, at, _), _)| *at >= FIRST_LONG).chain(met) {
        if rows.len() < ROWS_PER_SAMPLE || rows.contains_key(&row) {
            *rows.entry(row).or_default() += count;
        }
    }
    let point = |((query_id, bucket, is_met), count): ((i64, usize, bool), f64)| {
        let (query_id, bucket) = (query_id.to_string(), bucket.to_string());
        let entity = Entity::of([("bucket", bucket.as_str()), ("query_id", query_id.as_str())]);
        Point::new(&entity, if is_met { RUNS_MET } else { RUNS_ENDED }, count)
    };
    rows.into_iter().map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A session that began its statement at a time of the test's clock, ms, and is idle since `idle`.
    fn session(pid: i32, query_id: i64, (began, now): (f64, f64), idle: Option<f64>) -> Session {
        Session {
            pid,
            backend_start_ms: Some(0),
            backend_type: Some("client backend".into()),
            backend_age_ms: Some(now + 0.01),
            query_age_ms: Some(now - began),
            state_age_ms: Some(now - idle.unwrap_or(began)),
            state: Some(if idle.is_some() { "idle" } else { "active" }.into()),
            query_id: Some(query_id),
            ..Session::default()
        }
    }

    #[test]
    fn a_run_is_met_once_and_ends_when_the_server_says() {
        let mut running = Running::default();
        let at = |now: f64, idle| vec![session(1, 7, (9_800.0, now), idle)];
        assert_eq!(running.look(&at(10_000.0, None), 10_000).met, [(7, 200.0)]);
        for now in [11_000.0, 12_000.0] {
            let found = running.look(&at(now, None), now as i64);
            assert_eq!((found.met.len(), found.ended.len(), found.weight), (0, 0, 1.0));
        }
        let found = running.look(&at(13_000.0, Some(12_300.0)), 13_000);
        assert_eq!((found.met, found.ended), (vec![], vec![(7, 2_500.0)]));
        let found = running.look(&at(14_000.0, Some(12_300.0)), 14_000);
        assert_eq!((found.met, found.ended), (vec![], vec![]), "told once");
    }

    #[test]
    fn what_cannot_be_known_exactly_is_the_middle() {
        let mut running = Running::default();
        let both =
            [session(1, 7, (6_000.0, 10_000.0), None), session(2, 8, (6_000.0, 10_000.0), None)];
        running.look(&both, 10_000);
        // One has begun another statement, the other's session is gone.
        let found = running.look(&[session(1, 9, (10_600.0, 11_000.0), None)], 11_000);
        assert_eq!(found.met, [(9, 400.0)]);
        assert_eq!(found.ended, [(7, 4_300.0), (8, 4_500.0)]);
    }

    #[test]
    fn a_pause_hides_what_happened_in_it() {
        let mut running = Running::default();
        running.look(&[session(1, 7, (9_000.0, 10_000.0), None)], 10_000);
        let found = running.look(&[session(1, 7, (10_500.0, 12_000.0), None)], 12_000);
        assert_eq!((found.weight, found.ended.len()), (2.0, 1), "one sample was missed");
        let found = running.look(&[], 60_000);
        assert_eq!((found.weight, found.ended), (1.0, vec![]));
        // The clock was set back.
        let found = running.look(&[session(1, 7, (10_500.0, 61_000.0), None)], 59_000);
        assert_eq!((found.met.len(), found.weight), (1, 1.0));
    }

    #[test]
    fn members_of_a_parallel_query_are_no_runs() {
        let leader = session(1, 7, (9_000.0, 10_000.0), None);
        let worker = Session { leader_pid: Some(1), pid: 2, ..leader.clone() };
        assert_eq!(Running::default().look(&[leader, worker], 10_000).met.len(), 1);
    }
}
