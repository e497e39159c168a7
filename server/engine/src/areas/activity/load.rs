//! The wait profile of a window from the history store: average active sessions by what is known of them,
//! over time and in all.

use std::collections::{BTreeMap, HashMap};

use history::{Entity, History, Line, Series, Source, Total, Totals};
use model::activity::load::{Load, LoadBy, LoadMoment, LoadRow};
use model::{AreaName, ServerId, TimeRange};

use super::profile::{ACTIVE, BLOCKED, DETAIL};
use super::wait_events::description;
use crate::engine::Engine;
use crate::past::{MOST_POINTS, holes, unreadable};

/// Groups of their own in a chart: as many as have a colour.
pub const GROUPS_SHOWN: usize = 7;
/// What the other groups are called.
pub const OTHERS: &str = "all others";
/// What those of which it is not known are called.
pub const NOT_KNOWN: &str = "not known";
/// Rows of a table.
const ROWS_SHOWN: usize = 50;
/// Series that a chart is made of: the heaviest. The rest is among the others.
const MOST_SERIES: usize = 400;

/// The load of a range: over time, oldest first, and in all. None where no history is kept.
///
/// Errors: a sentence, when the store cannot be read.
pub async fn of_range(
    engine: &Engine,
    id: &ServerId,
    range: TimeRange,
    by: LoadBy,
) -> Result<Option<(Vec<LoadMoment>, Load)>, String> {
    let (from_ms, to_ms) = range.window(engine.now_ms());
    let window = TimeRange::Between { from_ms, to_ms };
    let Some((past, source, window)) = engine.past_of(id, AreaName::Activity, window) else {
        return Ok(None);
    };
    let found = profile(past, &source, window, by).await;
    found.map(Some).map_err(|error| unreadable(&error))
}

async fn profile(
    past: &History,
    source: &Source,
    (from_ms, to_ms): (i64, i64),
    by: LoadBy,
) -> Result<(Vec<LoadMoment>, Load), history::Error> {
    let metrics = [ACTIVE.name, DETAIL.name, BLOCKED.name];
    let series = Series { metrics: &metrics, entities: None };
    let totals = past.totals(source, series, from_ms, to_ms).await?;
    let heaviest = heaviest(&totals, by);
    let classes = Series { metrics: &[ACTIVE.name], entities: None };
    let mut lines = past.ranges(source, classes, from_ms, to_ms, MOST_POINTS).await?;
    if by != LoadBy::Class {
        let detail = Series { metrics: &[DETAIL.name], entities: Some(&heaviest) };
        lines.extend(past.ranges(source, detail, from_ms, to_ms, MOST_POINTS).await?);
    }
    Ok((moments(&lines, by), load(&totals, by)))
}

/// What an entity is grouped under.
fn name(entity: &Entity, by: LoadBy) -> Option<String> {
    match by {
        LoadBy::Class => entity.label("class"),
        LoadBy::Event => {
            let (class, event) = (entity.label("class")?, entity.label("event"));
            Some(event.map_or(class.clone(), |event| format!("{class}: {event}")))
        }
        LoadBy::Statement => entity.label("query_id"),
        LoadBy::Application => entity.label("application"),
        LoadBy::Role => entity.label("role"),
        LoadBy::Database => entity.label("database"),
        LoadBy::Client => entity.label("client"),
    }
}

/// The heaviest series of the heaviest groups.
fn heaviest(totals: &Totals, by: LoadBy) -> Vec<Entity> {
    let detail = || totals.rows.iter().filter(|row| *row.metric == *DETAIL.name);
    let mut groups: HashMap<Option<String>, f64> = HashMap::new();
    for row in detail() {
        *groups.entry(name(&row.entity, by)).or_default() += row.sum;
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    groups.truncate(GROUPS_SHOWN);
    let is_shown = |row: &&Total| {
        let name = name(&row.entity, by);
        groups.iter().any(|(group, _)| *group == name)
    };
    let mut rows: Vec<&Total> = detail().filter(is_shown).collect();
    rows.sort_by(|a, b| b.sum.total_cmp(&a.sum).then_with(|| a.entity.cmp(&b.entity)));
    rows.into_iter().take(MOST_SERIES).map(|row| row.entity.clone()).collect()
}

/// Averages by group at each bucket; what the groups do not explain of all active sessions is the others'.
fn moments(lines: &[Line], by: LoadBy) -> Vec<LoadMoment> {
    let mut groups: BTreeMap<i64, BTreeMap<String, f64>> = BTreeMap::new();
    let mut all: BTreeMap<i64, f64> = BTreeMap::new();
    for line in lines {
        let is_class = line.metric == ACTIVE.name;
        let group = name(&line.entity, by).unwrap_or_else(|| NOT_KNOWN.to_owned());
        for bucket in line.range.buckets.iter().filter(|bucket| bucket.ticks > 0) {
            let average = bucket.sum / f64::from(bucket.ticks);
            let at = groups.entry(bucket.at_ms).or_default();
            if is_class {
                *all.entry(bucket.at_ms).or_default() += average;
            }
            if is_class == (by == LoadBy::Class) {
                *at.entry(group.clone()).or_default() += average;
            }
        }
    }
    let others = |at_ms: i64, known: BTreeMap<String, f64>| {
        let mut known: Vec<(String, f64)> = known.into_iter().collect();
        let explained: f64 = known.iter().map(|(_, average)| average).sum();
        let rest = all.get(&at_ms).copied().unwrap_or(explained) - explained;
        if by != LoadBy::Class && rest > 1e-6 {
            known.push((OTHERS.to_owned(), rest));
        }
        Some(known)
    };
    let known = groups.into_iter().map(|(at_ms, known)| (at_ms, others(at_ms, known)));
    let mut moments: BTreeMap<i64, Option<Vec<(String, f64)>>> = known.collect();
    for at_ms in holes(lines.iter().flat_map(|line| &line.range.buckets)) {
        moments.entry(at_ms).or_insert(None);
    }
    moments.into_iter().collect()
}

fn load(totals: &Totals, by: LoadBy) -> Load {
    let of = |metric: &'static str| totals.rows.iter().filter(move |row| *row.metric == *metric);
    let ticks = totals.ticks.max(1) as f64;
    let all: f64 = of(ACTIVE.name).map(|row| row.sum).sum();
    let ranked = |rows: &mut dyn Iterator<Item = &Total>, by| rank(rows, ticks, by);
    let mut rows = match by {
        LoadBy::Class => ranked(&mut of(ACTIVE.name), by),
        _ => ranked(&mut of(DETAIL.name), by),
    };
    for row in &mut rows {
        row.about = about(row.name.as_deref(), by);
    }
    Load {
        from_ms: totals.from_ms,
        to_ms: totals.to_ms,
        ticks: totals.ticks,
        sessions: all / ticks,
        classes: ranked(&mut of(ACTIVE.name), LoadBy::Class),
        rows,
        statements: ranked(&mut of(DETAIL.name), LoadBy::Statement),
        blockers: blockers(of(BLOCKED.name), ticks),
    }
}

/// Groups by their average, the most first.
fn rank(rows: &mut dyn Iterator<Item = &Total>, ticks: f64, by: LoadBy) -> Vec<LoadRow> {
    let mut groups: BTreeMap<Option<String>, BTreeMap<String, f64>> = BTreeMap::new();
    for row in rows {
        let classes = groups.entry(name(&row.entity, by)).or_default();
        *classes.entry(row.entity.label("class").unwrap_or_default()).or_default() += row.sum;
    }
    let row = |(name, classes): (Option<String>, BTreeMap<String, f64>)| {
        let all: f64 = classes.values().sum();
        let most = classes.into_iter().max_by(|a, b| a.1.total_cmp(&b.1));
        let mostly = most.map(|(class, sum)| (class, sum / all.max(f64::MIN_POSITIVE) * 100.0));
        LoadRow { name, sessions: all / ticks, mostly, about: None }
    };
    sorted(groups.into_iter().map(row).collect())
}

fn sorted(mut rows: Vec<LoadRow>) -> Vec<LoadRow> {
    rows.sort_by(|a, b| b.sessions.total_cmp(&a.sessions).then_with(|| a.name.cmp(&b.name)));
    rows.truncate(ROWS_SHOWN);
    rows
}

/// What PostgreSQL says of a wait event.
fn about(name: Option<&str>, by: LoadBy) -> Option<String> {
    let (class, event) = name.filter(|_| by == LoadBy::Event)?.split_once(": ")?;
    description(class, event).map(str::to_owned)
}

/// Roots of lock waits: what is known of the session that stood in the way.
fn blockers<'a>(rows: impl Iterator<Item = &'a Total>, ticks: f64) -> Vec<LoadRow> {
    let row = |row: &Total| {
        let label = |name: &str| row.entity.label(name);
        let whose = [("application", ""), ("role", "role "), ("database", "database ")];
        let whose = whose.iter().filter_map(|(name, of)| Some(format!("{of}{}", label(name)?)));
        let name = whose.collect::<Vec<_>>().join(", ");
        LoadRow {
            name: (!name.is_empty()).then_some(name),
            sessions: row.sum / ticks,
            mostly: None,
            about: label("state"),
        }
    };
    sorted(rows.map(row).collect())
}

#[cfg(test)]
mod tests {
    use history::Kind;

    use super::*;

    fn total(metric: &str, labels: &[(&str, &str)], sum: f64) -> Total {
        Total {
            entity: Entity::of(labels.iter().copied()),
            metric: metric.into(),
            kind: Kind::Increment,
            count: 1,
            sum,
            min: 0.0,
            max: sum,
        }
    }

    #[test]
    fn groups_are_ranked_by_their_average_and_say_what_they_wait_for() {
        let totals = Totals {
            ticks: 10,
            rows: vec![
                total(ACTIVE.name, &[("class", "CPU")], 30.0),
                total(ACTIVE.name, &[("class", "Lock")], 10.0),
                total(DETAIL.name, &[("class", "CPU"), ("query_id", "7")], 30.0),
                total(
                    DETAIL.name,
                    &[("class", "Lock"), ("event", "tuple"), ("query_id", "8")],
                    9.0,
                ),
                total(DETAIL.name, &[("class", "Lock"), ("event", "relation")], 1.0),
                total(
                    BLOCKED.name,
                    &[("application", "job"), ("state", "idle in transaction")],
                    10.0,
                ),
            ],
            ..Totals::default()
        };
        let load = load(&totals, LoadBy::Event);
        assert_eq!((load.sessions, load.ticks), (4.0, 10));
        let names: Vec<_> = load.rows.iter().map(|row| row.name.clone().unwrap()).collect();
        assert_eq!(names, ["CPU", "Lock: tuple", "Lock: relation"]);
        assert!(load.rows[1].about.as_ref().is_some_and(|about| about.contains("lock on a tuple")));
        assert_eq!(load.statements[0].sessions, 3.0);
        assert_eq!(load.statements[2].name, None);
        assert_eq!(load.blockers[0].name.as_deref(), Some("job"));
        assert_eq!(load.classes[1].mostly, Some(("Lock".into(), 100.0)));
        assert_eq!(heaviest(&totals, LoadBy::Statement).len(), 3);
    }

    #[test]
    fn what_the_groups_do_not_explain_is_the_others() {
        let line = |metric: &str, labels: &[(&str, &str)], sum: f64| Line {
            entity: Entity::of(labels.iter().copied()),
            metric: metric.to_owned(),
            range: history::Range {
                buckets: vec![history::Bucket {
                    at_ms: 0,
                    width_ms: 10,
                    ticks: 10,
                    read_ms: 10,
                    count: 1,
                    sum,
                    min: 0.0,
                    max: sum,
                }],
                ..history::Range::default()
            },
        };
        let lines = [
            line(ACTIVE.name, &[("class", "CPU")], 50.0),
            line(DETAIL.name, &[("class", "CPU"), ("role", "app")], 20.0),
            line(DETAIL.name, &[("class", "IO"), ("role", "app")], 10.0),
            line(DETAIL.name, &[("class", "IO")], 10.0),
        ];
        let by_role = moments(&lines, LoadBy::Role);
        let groups = by_role[0].1.clone().unwrap();
        assert_eq!(groups, [("app".into(), 3.0), (NOT_KNOWN.into(), 1.0), (OTHERS.into(), 1.0)]);
        assert_eq!(moments(&lines, LoadBy::Class)[0].1, Some(vec![("CPU".into(), 5.0)]));
    }
}
