//! One comparison: reads what the past has of the statements that moved, judges each, and adds waits and
//! events to those that are accused.

use std::collections::{HashMap, HashSet};

use history::{Entity, Error, History, Source};
use model::statements::regression::Change;
use model::statements::{Key, Measure, Regression, Regressions, Statements};
use model::{Known, Reason};

use super::super::plans::flip;
use super::super::points;
use super::super::rules::regression;
use super::super::window::{Part, Recent};
use super::causes::{self, Recorded};
use super::judge::{Case, Thresholds};
use super::onset;
use super::past::{self, Calendar, Hours, Waited};
use super::span::Span;
use super::together::{Verdicts, judge_all};
use crate::area::LookBack;

/// Statements that are compared: those that take most time.
const COMPARED: usize = 200;
/// What is told.
const TOLD: usize = 50;
/// How long before a change an event counts as shortly before, ms.
const SHORTLY_MS: i64 = 900_000;
/// From this share of the time in new statements on, or of the steady ones gone, they have other identities.
const RENAMED_FROM: f64 = 0.5;
/// And from so many.
const RENAMED_LEAST: usize = 3;

/// What is to be compared.
#[derive(Clone, Debug)]
pub struct Request {
    /// The last two windows, the older first.
    pub parts: [Part; 2],
    /// What the entries of both windows are in the history.
    pub entities: HashMap<Key, Entity>,
    /// What the history of the server is kept under.
    pub source: Source,
    /// How the past is divided.
    pub calendar: Calendar,
    /// What must be exceeded.
    pub limits: Thresholds,
    /// What the server records.
    pub recorded: Recorded,
    /// Names of roles and databases, to tell whose an entry of the history is.
    pub names: (Vec<model::statements::Named>, Vec<model::statements::Named>),
}

/// What is remembered between comparisons.
#[derive(Debug, Default)]
pub struct Memory {
    hours: Hours,
    since: HashMap<(Key, Change), i64>,
}

impl Request {
    /// The last two windows of a reading; None while there are none.
    pub fn of(
        recent: &Recent,
        value: &Statements,
        back: &LookBack<'_>,
        calendar: Calendar,
    ) -> Option<Self> {
        let entries = value.entries.as_ref().ok()?;
        let tick = entries.tick.as_ref().ok()?;
        let parts = recent.last_two(regression::window_ms(back.limits) as i64)?;
        let mut entities = HashMap::new();
        for key in parts.iter().flat_map(|part| part.entries.keys()) {
            entities.entry(*key).or_insert_with(|| points::entity(value, *key));
        }
        Some(Self {
            parts,
            entities,
            source: back.source.clone(),
            calendar,
            limits: regression::thresholds(back.limits),
            recorded: Recorded {
                version: tick.version,
                io_timing: value.settings.track_io_timing == Some(true),
                planning: value.settings.track_planning == Some(true),
            },
            names: (value.roles.clone(), value.databases.clone()),
        })
    }

    fn to_ms(&self) -> i64 {
        self.parts[1].to_ms
    }

    /// Top-level statements by the time they took in both windows, the costliest first.
    fn costliest(&self) -> Vec<Key> {
        let mut time: HashMap<Key, f64> = HashMap::new();
        for (key, (span, _)) in self.parts.iter().flat_map(|part| &part.entries) {
            if key.toplevel {
                *time.entry(*key).or_default() += span.sums.get(Measure::ExecTime);
            }
        }
        let mut all: Vec<(Key, f64)> = time.into_iter().collect();
        all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        all.into_iter().take(COMPARED).map(|(key, _)| key).collect()
    }

    /// The key of an entry of the history that is in neither window; None where its names are not known.
    fn key_of(&self, entity: &Entity) -> Option<Key> {
        let label = |name: &str| entity.label(name);
        let oid = |names: &[model::statements::Named], name: &str| {
            let named = names.iter().find(|known| known.name == name).map(|known| known.oid);
            u32::try_from(named.or_else(|| name.parse().ok())?).ok()
        };
        Some(Key {
            userid: oid(&self.names.0, &label("role")?)?,
            dbid: oid(&self.names.1, &label("database")?)?,
            toplevel: label("toplevel")? == "true",
            queryid: label("queryid")?.parse().ok()?,
        })
    }
}

/// Compares. The inner error says why nothing can be compared.
///
/// Errors: when the store cannot be read.
pub async fn report(
    memory: &mut Memory,
    history: &History,
    request: Request,
) -> Result<Known<Regressions>, Error> {
    let (source, calendar, to_ms) = (&request.source, request.calendar, request.to_ms());
    let moved = request.costliest();
    let silent = silent(&request, history).await?;
    let entity = |key: &Key| request.entities.get(key).cloned();
    let mut wanted: Vec<Entity> = moved.iter().filter_map(entity).collect();
    wanted.extend(silent.iter().map(|(_, entity)| entity.clone()));
    let least = request.limits.least_days;
    memory.hours.complete(history, source, calendar, to_ms, (&wanted, least)).await?;
    let days = memory.hours.days();
    if days < least {
        let for_ms = i64::from(least) * calendar.day_ms;
        return Ok(Err(Reason::NeedsReadings { for_s: (for_ms / 1_000) as u32 }));
    }
    let all: Vec<(Key, Entity)> =
        moved.iter().filter_map(|key| Some((*key, entity(key)?))).chain(silent).collect();
    let unknown: Vec<Entity> = all
        .iter()
        .map(|(_, entity)| entity.clone())
        .filter(|entity| !memory.hours.ran(entity))
        .collect();
    let seen = past::seen_before(history, source, calendar, to_ms, &unknown).await?;
    let seen: HashSet<Entity> = seen.into_iter().collect();
    let judged = verdicts(&request, &memory.hours, &all, &seen);
    let found = judged.found;
    let mut report = Regressions {
        at_ms: to_ms,
        from_ms: request.parts[0].from_ms,
        to_ms,
        days,
        compared: found.iter().filter(|one| one.is_some()).count() as i64,
        without_baseline: found.iter().filter(|one| one.is_none()).count() as i64,
        slower_together: judged.slower_together as i64,
        busier_together: judged.busier_together as i64,
        ..Regressions::default()
    };
    report.found = found.into_iter().flatten().flatten().collect();
    without_renamed(&mut report, all.len());
    report.found.sort_by(|a, b| {
        b.more_sessions.abs().total_cmp(&a.more_sessions.abs()).then(a.key.cmp(&b.key))
    });
    report.found.truncate(TOLD);
    dated(memory, &request, history, &mut report).await?;
    explained(&request, history, &mut report).await?;
    Ok(Ok(report))
}

/// The verdict on each.
fn verdicts(
    request: &Request,
    hours: &Hours,
    all: &[(Key, Entity)],
    seen: &HashSet<Entity>,
) -> Verdicts {
    let totals_ms = request.parts.each_ref().map(|part| part.total.get(Measure::ExecTime));
    let idle = request.parts.each_ref().map(|part| Span {
        covered_ms: part.covered_ms,
        readings: 1.0,
        ..Span::default()
    });
    let [idle_older, idle_newer] = &idle;
    let case = |(key, entity): &(Key, Entity)| {
        let [older, newer] = request.parts.each_ref().map(|part| part.entries.get(key));
        let bound = older.into_iter().chain(newer).map(|entry| entry.1).max();
        Case {
            key: *key,
            windows: [older.map_or(idle_older, |e| &e.0), newer.map_or(idle_newer, |e| &e.0)],
            totals_ms,
            bound: bound.unwrap_or_default(),
            base: hours.base(entity),
            days: hours.days(),
            has_week: hours.has_week(),
            seen_before: Some(seen.contains(entity)),
            recorded: request.recorded,
            among: None,
        }
    };
    let cases: Vec<Case<'_>> = all.iter().map(case).collect();
    let mut verdicts = judge_all(&cases, &request.limits);
    for (found, (_, entity)) in verdicts.found.iter_mut().zip(all) {
        let label = |name: &str| entity.label(name).unwrap_or_default();
        for one in found.iter_mut().flatten() {
            (one.database, one.role) = (label("database"), label("role"));
        }
    }
    verdicts
}

/// Entries that took much time yesterday and are in neither window.
async fn silent(request: &Request, history: &History) -> Result<Vec<(Key, Entity)>, Error> {
    let (calendar, to_ms) = (request.calendar, request.to_ms());
    let all =
        past::costliest_yesterday(history, &request.source, calendar, to_ms, COMPARED).await?;
    let moved: HashSet<&Entity> = request.entities.values().collect();
    let silent = all.into_iter().filter(|entity| !moved.contains(entity));
    let keyed = silent.filter_map(|entity| Some((request.key_of(&entity)?, entity)));
    Ok(keyed.filter(|(key, _)| key.toplevel).collect())
}

/// After an upgrade every statement has another identity: none of them is new, and none is gone.
fn without_renamed(report: &mut Regressions, all: usize) {
    let of = |change| report.found.iter().filter(move |one| one.change == change);
    let (new, gone) = (of(Change::New).count(), of(Change::Gone).count());
    let share: f64 = of(Change::New).map(|one| one.share_percent / 100.0).sum();
    let many_gone = gone >= RENAMED_LEAST && gone as f64 >= RENAMED_FROM * all as f64;
    report.renamed = many_gone || (new >= RENAMED_LEAST && share >= RENAMED_FROM);
    if report.renamed {
        report.found.retain(|one| !matches!(one.change, Change::New | Change::Gone));
    }
}

/// Since when each is seen: what was found before this process was started is dated by the history.
async fn dated(
    memory: &mut Memory,
    request: &Request,
    history: &History,
    report: &mut Regressions,
) -> Result<(), Error> {
    let mut since = HashMap::new();
    for one in &mut report.found {
        let id = (one.key, one.change);
        one.since_ms = match (memory.since.get(&id), request.entities.get(&one.key)) {
            (Some(since_ms), _) => *since_ms,
            (None, Some(entity)) => {
                let (source, calendar) = (&request.source, request.calendar);
                let onset = onset::of(history, source, calendar, entity, one, report.from_ms);
                onset.await?.unwrap_or(report.from_ms)
            }
            (None, None) => report.from_ms,
        };
        since.insert(id, one.since_ms);
    }
    memory.since = since;
    Ok(())
}

/// Adds what sessions waited for, and what happened shortly before.
async fn explained(
    request: &Request,
    history: &History,
    report: &mut Regressions,
) -> Result<(), Error> {
    let (source, calendar) = (&request.source, request.calendar);
    if report.found.iter().any(|one| one.change == Change::Slower) {
        let now = Waited::read(history, source, report.from_ms, report.to_ms).await?;
        let hour_ms = report.to_ms - report.to_ms.rem_euclid(calendar.hour_ms) - calendar.day_ms;
        let before = Waited::read(history, source, hour_ms, hour_ms + calendar.hour_ms).await?;
        for one in report.found.iter_mut().filter(|one| one.change == Change::Slower) {
            waits(one, (&before, &now), (calendar, report.from_ms, report.to_ms));
            let flip = flip::cause(history, &source.cluster, one, report.to_ms).await?;
            if let Some(cause) = flip {
                one.causes.insert(0, cause);
            }
        }
    }
    let window_ms = (report.to_ms - report.from_ms) / 2;
    for one in report.found.iter_mut().filter(|one| one.change.is_accusation()) {
        let after_ms = if one.since_ms < report.from_ms { onset::EDGE_MS } else { window_ms };
        let span = (one.since_ms - SHORTLY_MS, one.since_ms + after_ms);
        one.event = past::last_event(history, source, span).await?;
    }
    Ok(())
}

/// Waits as a cause: they were sampled, so they stand beside what was counted.
fn waits(
    one: &mut Regression,
    (before, now): (&Waited, &Waited),
    (calendar, from_ms, to_ms): (Calendar, i64, i64),
) {
    let (Some(then), Some(since)) = (one.before, one.now) else { return };
    let Some((event, waited_ms)) = now.most(one.key.queryid) else { return };
    let per_call = |waited_ms: f64, calls_per_s: f64, span_ms: i64| {
        waited_ms / (calls_per_s * span_ms as f64 / 1_000.0).max(1.0)
    };
    let numbers = (
        per_call(before.of(one.key.queryid, event), then.calls_per_s, calendar.hour_ms),
        per_call(waited_ms, since.calls_per_s, to_ms - from_ms),
    );
    let cause = causes::of_waits(since.time_ms - then.time_ms, numbers, event);
    if let Some(cause) = cause {
        one.causes.insert(0, cause);
    }
}
