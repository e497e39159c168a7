//! What the history takes of a tick: a point for each entry and measure that moved, and how much of the truth
//! they are.

use history::{Entity, Metric, Point};
use model::statements::{Bound, Measure, Statements, Tick};

use crate::area::Note;

/// Calls of entries that may have done more than is known.
pub const LOWER_BOUND_CALLS: Metric = Metric::increment("lower_bound_calls");
/// The longest execution, ms, in ticks of which it is known.
pub const LONGEST: Metric = Metric::gauge("max_exec_time_ms");
/// Time in top-level statements, planning included, ms.
pub const SEEN: Metric = Metric::increment("statements_seen_ms");
/// Time in statements by the server's own count, ms.
pub const ACTIVE: Metric = Metric::increment("statements_active_ms");
/// Entries that were removed because the table was full, about.
pub const EVICTED: Metric = Metric::increment("statements_evicted");
/// Entries.
pub const ENTRIES: Metric = Metric::gauge("statements_entries");

/// The thing in the history that an entry is: by names, which survive a dump and a failover.
pub fn entity(value: &Statements, key: model::statements::Key) -> Entity {
    let (database, role) = (value.database(key.dbid), value.role(key.userid));
    let queryid = key.queryid.to_string();
    let toplevel = if key.toplevel { "true" } else { "false" };
    Entity::of([
        ("database", database.as_str()),
        ("queryid", queryid.as_str()),
        ("role", role.as_str()),
        ("toplevel", toplevel),
    ])
}

/// The points of the newest tick; None where there is none, or where it has been handed over before.
pub fn points(value: &Statements) -> Option<Vec<Point>> {
    let entries = value.entries.as_ref().ok()?;
    let tick = entries.tick.as_ref().ok().filter(|_| value.is_new)?;
    let mut points = of_tick(value, tick);
    points.push(Point::new(&Entity::server(), ENTRIES, entries.count as f64));
    Some(points)
}

/// What is lost of the newest tick, and texts.
pub fn notes(value: &Statements) -> Vec<Note> {
    let entries = value.entries.as_ref().ok().filter(|_| value.is_new);
    let gap = entries.and_then(|entries| entries.tick.as_ref().ok()?.gap);
    let gap = gap.map(|gap| Note::Gap {
        from_ms: gap.from_ms,
        to_ms: gap.to_ms,
        reason: history::GapReason::Reset,
        detail: gap.reason.cause(),
    });
    let texts = value.unrecorded.iter().map(|text| Note::Text {
        key: text.queryid.to_string(),
        text: text.text.clone(),
        fingerprint: text.fingerprint.clone().unwrap_or_default(),
    });
    gap.into_iter().chain(texts).collect()
}

fn of_tick(value: &Statements, tick: &Tick) -> Vec<Point> {
    let mut points = Vec::new();
    for moved in &tick.moved {
        let entity = entity(value, moved.key);
        let sums = moved.sums.iter();
        points.extend(
            sums.map(|(measure, of)| Point::new(&entity, Metric::increment(measure.as_str()), of)),
        );
        if moved.max_is_new {
            points.push(Point::new(&entity, LONGEST, moved.max_ms));
        }
        if moved.bound == Bound::LowerBound {
            let calls = moved.sums.get(Measure::Calls);
            points.push(Point::new(&entity, LOWER_BOUND_CALLS, calls));
        }
    }
    let server = Entity::server();
    let integrity = &tick.integrity;
    // Where the server's own count is not known, neither is the share.
    if let Ok(active_ms) = integrity.active_ms {
        points.push(Point::new(&server, ACTIVE, active_ms));
        points.push(Point::new(&server, SEEN, integrity.seen_ms));
    }
    points.push(Point::new(&server, EVICTED, integrity.evicted as f64));
    points
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Reason;
    use model::statements::{Key, Moved, Named, Settings};

    #[test]
    fn what_did_not_move_is_left_out() {
        let value = Statements {
            extension: Ok("1.11".into()),
            settings: Settings::default(),
            entries: Err(Reason::NotYet),
            is_new: true,
            texts: Vec::new(),
            unrecorded: Vec::new(),
            roles: vec![Named { oid: 10, name: "app".into() }],
            databases: Vec::new(),
            regressions: Err(Reason::NotYet),
            plan_looks: Vec::new(),
        };
        let key = Key { userid: 10, dbid: 5, toplevel: true, queryid: -7 };
        let sums = [(Measure::Calls, 3.0), (Measure::ExecTime, 1.5)].into_iter().collect();
        let bound = Bound::LowerBound;
        let tick =
            Tick { moved: vec![Moved { key, sums, bound, ..Moved::default() }], ..Tick::default() };
        let points = of_tick(&value, &tick);
        let seen: Vec<_> = points
            .iter()
            .map(|point| (point.entity.key(), point.metric.name, point.value))
            .collect();
        let entry = r#"{"database":"5","queryid":"-7","role":"app","toplevel":"true"}"#;
        assert_eq!(
            seen,
            [
                (entry, "calls", 3.0),
                (entry, "total_exec_time_ms", 1.5),
                (entry, LOWER_BOUND_CALLS.name, 3.0),
                ("", ACTIVE.name, 0.0),
                ("", SEEN.name, 0.0),
                ("", EVICTED.name, 0.0),
            ]
        );
        assert_eq!(points.len(), seen.len());
        assert!(super::points(&value).is_none(), "nothing was read");
    }
}
