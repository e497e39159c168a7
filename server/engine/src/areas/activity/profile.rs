//! The wait profile: what active sessions did in one sample, for the history store.
//!
//! Each sample adds the number of sessions, so a window's sum divided by its ticks is the average of
//! active sessions (AAS): no sample is weighed by how long a statement ran.

use std::collections::{BTreeMap, HashMap};

use history::{Entity, Metric, Point, Series};
use model::activity::{Activity, Session, wait_class};
use model::{AreaName, ServerId, TimeRange};

use crate::engine::Engine;
use crate::past::{MOST_POINTS, holes, unreadable};

/// Active sessions by wait class, all of them: the entity's label is `class`.
pub const ACTIVE: Metric = Metric::increment("active_sessions");
/// The same by everything that is known of a session: labels `class`, `event`, `query_id`,
/// `application`, `role`, `database`, `client`; only the sessions that the area keeps.
pub const DETAIL: Metric = crate::sampled::BY_ALL;

/// Active sessions that wait for a heavyweight lock, by the session at the root of their wait: labels
/// `application`, `role`, `database`, `state`.
pub const BLOCKED: Metric = Metric::increment("sessions_blocked_by_all");

/// How many different rows of `BLOCKED` one sample adds.
const BLOCKERS_PER_SAMPLE: usize = 50;
/// How many waits in a row are followed to their root.
const MOST_HOPS: usize = 32;
/// How many different rows of `DETAIL` one sample adds; what is beyond is added up by class and event.
const ROWS_PER_SAMPLE: usize = 200;
/// Characters of a label that a client may choose.
const LABEL_CHARS: usize = 100;

/// What one reading adds; None while it is unknown what every session does.
pub fn points(activity: &Activity) -> Option<Vec<Point>> {
    if activity.others.is_err() {
        return None;
    }
    let newest = activity.waits.last()?;
    let mut points: Vec<Point> = newest
        .classes
        .iter()
        .map(|(class, count)| Point::new(&Entity::of([("class", class.as_str())]), ACTIVE, *count))
        .collect();
    let mut rows: BTreeMap<Entity, f64> = BTreeMap::new();
    for session in activity.sessions.iter().filter(|session| counts(session)) {
        let whole = rows.len() < ROWS_PER_SAMPLE;
        *rows.entry(entity(session, whole)).or_default() += 1.0;
    }
    points.extend(rows.into_iter().map(|(entity, count)| Point::new(&entity, DETAIL, count)));
    points.extend(blocked(&activity.sessions));
    Some(points)
}

/// How many sessions wait for whom.
fn blocked(sessions: &[Session]) -> Vec<Point> {
    let mut by_pid: HashMap<i32, &Session> = HashMap::new();
    let mut rows: BTreeMap<Entity, f64> = BTreeMap::new();
    for session in sessions.iter().filter(|session| counts(session)) {
        let Some(first) = blocker(session) else { continue };
        if by_pid.is_empty() {
            by_pid.extend(sessions.iter().map(|session| (session.pid, session)));
        }
        // A circle of waits has no root: it ends at the last hop, or with deadlock_timeout.
        let mut root = first;
        for _ in 0..MOST_HOPS {
            let Some(next) = by_pid.get(&root).and_then(|session| blocker(session)) else { break };
            root = next;
        }
        let entity = match by_pid.get(&root) {
            Some(root) => blocker_entity(root),
            None if root == 0 => Entity::of([("state", "prepared transaction")]),
            None => Entity::of([("state", "not known")]),
        };
        if rows.len() < BLOCKERS_PER_SAMPLE || rows.contains_key(&entity) {
            *rows.entry(entity).or_default() += 1.0;
        }
    }
    rows.into_iter().map(|(entity, count)| Point::new(&entity, BLOCKED, count)).collect()
}

fn blocker(session: &Session) -> Option<i32> {
    session.lock_wait.as_ref()?.blocked_by.first().copied()
}

fn blocker_entity(session: &Session) -> Entity {
    let application = shortened(&session.application_name);
    let labels = [
        ("application", application.as_deref()),
        ("role", session.usename.as_deref()),
        ("database", session.datname.as_deref()),
        ("state", session.state.as_deref()),
    ];
    Entity::of(
        labels
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.filter(|v| !v.is_empty())?))),
    )
}

fn shortened(text: &Option<String>) -> Option<String> {
    text.as_deref().map(|text| model::shorten::shortened(text, LABEL_CHARS).into_owned())
}

/// A moment of the past, ms since the epoch, and the average of active sessions by wait class; None where
/// nothing was read.
pub type Moment = (i64, Option<Vec<(String, f64)>>);

/// Average active sessions by wait class over a range, oldest first; none where no history is kept.
///
/// Errors: a sentence, when the store cannot be read.
pub async fn of_range(
    engine: &Engine,
    id: &ServerId,
    range: TimeRange,
) -> Result<Vec<Moment>, String> {
    let Some((past, source, (from_ms, to_ms))) = engine.past_of(id, AreaName::Activity, range)
    else {
        return Ok(Vec::new());
    };
    let series = Series { metrics: &[ACTIVE.name], entities: None };
    let lines = past.ranges(&source, series, from_ms, to_ms, MOST_POINTS).await;
    let lines = lines.map_err(|error| unreadable(&error))?;
    let mut moments: BTreeMap<i64, Option<Vec<(String, f64)>>> = BTreeMap::new();
    for line in &lines {
        let class = line.entity.label("class").unwrap_or_default();
        for bucket in line.range.buckets.iter().filter(|bucket| bucket.ticks > 0) {
            let moment = moments.entry(bucket.at_ms).or_insert_with(|| Some(Vec::new()));
            let average = bucket.sum / f64::from(bucket.ticks);
            moment.get_or_insert_default().push((class.clone(), average));
        }
    }
    for at_ms in holes(lines.iter().flat_map(|line| &line.range.buckets)) {
        moments.entry(at_ms).or_insert(None);
    }
    Ok(moments.into_iter().collect())
}

/// Whether a session counts: it is part of the load, and not ours.
pub fn counts(session: &Session) -> bool {
    session.is_load() && !session.own
}

fn entity(session: &Session, whole: bool) -> Entity {
    let query_id = session.query_id.map(|id| id.to_string());
    let application = shortened(&session.application_name);
    let client = shortened(&session.client_addr);
    let labels = [
        ("class", Some(wait_class(session)), true),
        ("event", session.wait_event.as_deref(), true),
        ("query_id", query_id.as_deref(), whole),
        ("application", application.as_deref(), whole),
        ("role", session.usename.as_deref(), whole),
        ("database", session.datname.as_deref(), whole),
        ("client", client.as_deref(), whole),
    ];
    let known = labels.into_iter().filter(|(_, _, kept)| *kept);
    Entity::of(known.filter_map(|(name, value, _)| Some((name, value.filter(|v| !v.is_empty())?))))
}

#[cfg(test)]
mod tests {
    use model::activity::WaitSample;

    use super::*;

    fn session(pid: i32, event: Option<(&str, &str)>) -> Session {
        Session {
            pid,
            state: Some("active".into()),
            backend_type: Some("client backend".into()),
            wait_event_type: event.map(|(class, _)| class.into()),
            wait_event: event.map(|(_, name)| name.into()),
            query_id: Some(i64::from(pid % 2)),
            ..Session::default()
        }
    }

    fn activity(sessions: Vec<Session>) -> Activity {
        let classes = vec![("CPU".to_owned(), sessions.len() as f64)];
        Activity {
            sessions_total: sessions.len() as i64,
            connections: sessions.len() as i64,
            max_connections: 100,
            reserved_connections: 3,
            progress: Ok(Vec::new()),
            progress_unread: Vec::new(),
            others: Ok(()),
            blockers: Ok(()),
            wait_events: Err(model::Reason::NotYet),
            connection_use: Err(model::Reason::NotYet),
            autovacuum: Err(model::Reason::NotYet),
            runs: Default::default(),
            waits: vec![WaitSample { at_ms: 1, classes }],
            sessions,
        }
    }

    #[test]
    fn sessions_that_do_the_same_are_one_row() {
        let mut own = session(9, None);
        own.own = true;
        let lock = Some(("Lock", "tuple"));
        let all = vec![session(2, None), session(4, None), session(3, lock), own];
        let points = points(&activity(all)).unwrap();
        let detail: Vec<(Option<String>, Option<String>, f64)> = points
            .iter()
            .filter(|point| point.metric == DETAIL)
            .map(|p| (p.entity.label("class"), p.entity.label("event"), p.value))
            .collect();
        assert_eq!(
            detail,
            [(Some("CPU".into()), None, 2.0), (Some("Lock".into()), Some("tuple".into()), 1.0)]
        );
    }

    #[test]
    fn a_wait_counts_for_the_session_at_its_root() {
        let waits = |pid, by: i32| Session {
            lock_wait: Some(model::activity::LockWait {
                blocked_by: vec![by],
                ..Default::default()
            }),
            ..session(pid, Some(("Lock", "tuple")))
        };
        let mut idle = session(1, None);
        idle.state = Some("idle in transaction".into());
        idle.application_name = Some("job".into());
        let sessions = [idle, waits(2, 1), waits(3, 2), waits(4, 0), waits(5, 6), waits(6, 5)];
        let found: Vec<(Option<String>, f64)> =
            blocked(&sessions).iter().map(|p| (p.entity.label("state"), p.value)).collect();
        let of = |state: &str| found.iter().find(|(s, _)| s.as_deref() == Some(state)).map(|f| f.1);
        assert_eq!(of("idle in transaction"), Some(2.0), "{found:?}");
        assert_eq!(of("prepared transaction"), Some(1.0));
        assert_eq!(of("active"), Some(2.0), "a circle");
    }

    #[test]
    fn a_flood_of_different_sessions_is_added_up() {
        let mut all: Vec<Session> = (0..1_000).map(|pid| session(pid, None)).collect();
        for session in &mut all {
            session.client_addr = Some(format!("10.0.{}.{}", session.pid / 250, session.pid % 250));
        }
        let points = points(&activity(all)).unwrap();
        let detail = || points.iter().filter(|point| point.metric == DETAIL);
        assert!(detail().count() <= ROWS_PER_SAMPLE + 1);
        assert_eq!(detail().map(|point| point.value).sum::<f64>(), 1_000.0);
    }
}
