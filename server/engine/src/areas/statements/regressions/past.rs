//! What the history store knows of statements: the same hour of earlier days, whether they ran before, what
//! their sessions waited for, and what happened shortly before a change.

use std::collections::{BTreeMap, HashMap};

use history::{Entity, Error, History, Series, Source, Totals};
use model::statements::Measure;
use model::statements::regression::EventBefore;
use model::{AreaName, EventKind};

use super::baseline::{Baseline, WEEK};
use super::span::{Day, MEASURES, Span};
use crate::sampled::BY_ALL;

/// Share of an hour that must have been read for it to count.
const LEAST_COVERED: f64 = 0.25;

/// How the past is divided. Days and hours, but for tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// A day, ms.
    pub day_ms: i64,
    /// The part of a day that is compared, ms.
    pub hour_ms: i64,
    /// How many days are looked back.
    pub days: u32,
}

impl Default for Calendar {
    /// Four weeks: so that there are four of each weekday.
    fn default() -> Self {
        Self { day_ms: 86_400_000, hour_ms: 3_600_000, days: 28 }
    }
}

/// What is known of an entity.
#[derive(Debug, Default)]
struct Known {
    /// What is usual for it; None where it ran on too few days.
    base: Option<Baseline>,
    /// Whether it ran at all.
    ran: bool,
}

/// The same hour of earlier days, kept until the hour is over.
#[derive(Debug, Default)]
pub struct Hours {
    from_ms: i64,
    source: Option<Source>,
    /// Since when the source is known, ms since the epoch.
    known_ms: Option<i64>,
    /// Days on which the server was read at this hour: days ago, ms covered, readings.
    read: BTreeMap<u32, (f64, f64)>,
    known: HashMap<Entity, Known>,
}

impl Hours {
    /// Reads what is not known yet of these entries at the hour of `now_ms`.
    ///
    /// Errors: when the store cannot be read.
    pub async fn complete(
        &mut self,
        past: &History,
        source: &Source,
        calendar: Calendar,
        now_ms: i64,
        (entries, least_days): (&[Entity], u32),
    ) -> Result<(), Error> {
        let from_ms = now_ms - now_ms.rem_euclid(calendar.hour_ms.max(1));
        // Too short a past may have grown longer at its begin: it can be filled in.
        let mut known_ms = self.known_ms;
        if self.days() < least_days {
            let all = past.sources().await?;
            known_ms = all.into_iter().find(|s| s.thing == *source).map(|s| s.first_ms);
        }
        let is_other = from_ms != self.from_ms || self.source.as_ref() != Some(source);
        if is_other || known_ms != self.known_ms {
            *self = Self { from_ms, source: Some(source.clone()), known_ms, ..Self::default() };
        }
        let missing: Vec<Entity> =
            entries.iter().filter(|entry| !self.known.contains_key(*entry)).cloned().collect();
        if missing.is_empty() {
            return Ok(());
        }
        let metrics = MEASURES.map(Measure::as_str);
        let series = Series { metrics: &metrics, entities: Some(&missing) };
        let mut found: HashMap<Entity, BTreeMap<u32, Span>> = HashMap::new();
        for ago in 1..=calendar.days {
            let from_ms = from_ms - i64::from(ago) * calendar.day_ms;
            let totals = past.totals(source, series, from_ms, from_ms + calendar.hour_ms).await?;
            let covered_ms = totals.read_ms as f64;
            if covered_ms < LEAST_COVERED * calendar.hour_ms as f64 {
                continue;
            }
            self.read.insert(ago, (covered_ms, totals.ticks as f64));
            for (entity, span) in spans(&totals) {
                found.entry(entity).or_default().insert(ago, span);
            }
        }
        for entity in missing {
            let days = self.days_of(&found.remove(&entity).unwrap_or_default());
            let ran = days.iter().any(|day| day.span.calls() > 0.0);
            self.known.insert(entity, Known { base: Baseline::of(&days, least_days), ran });
        }
        Ok(())
    }

    /// Days on which the server was read at this hour.
    pub fn days(&self) -> u32 {
        self.read.len() as u32
    }

    /// Whether the same weekday is among them.
    pub fn has_week(&self) -> bool {
        self.read.keys().any(|ago| ago % WEEK == 0)
    }

    /// What is usual for an entry at this hour.
    pub fn base(&self, entity: &Entity) -> Option<&Baseline> {
        self.known.get(entity)?.base.as_ref()
    }

    /// Whether it ran at this hour on any of these days.
    pub fn ran(&self, entity: &Entity) -> bool {
        self.known.get(entity).is_some_and(|known| known.ran)
    }

    /// An entry on each of these days; on such as it did not run it did nothing.
    fn days_of(&self, known: &BTreeMap<u32, Span>) -> Vec<Day> {
        let day = |(ago, (covered_ms, readings)): (&u32, &(f64, f64))| {
            let span = known.get(ago).cloned();
            let nothing = Span { covered_ms: *covered_ms, readings: *readings, ..Span::default() };
            Day { ago: *ago, span: span.unwrap_or(nothing) }
        };
        self.read.iter().map(day).collect()
    }
}

/// What each entry did.
fn spans(totals: &Totals) -> HashMap<Entity, Span> {
    let mut spans: HashMap<Entity, (Span, Vec<(Measure, f64)>)> = HashMap::new();
    for row in &totals.rows {
        let Ok(measure) = row.metric.parse::<Measure>() else { continue };
        let (span, sums) = spans.entry(row.entity.clone()).or_default();
        sums.push((measure, row.sum));
        if measure == Measure::Calls {
            span.moved = row.count as f64;
            span.most_calls = row.max;
        }
    }
    let whole = |(span, sums): (Span, Vec<(Measure, f64)>)| Span {
        covered_ms: totals.read_ms as f64,
        readings: totals.ticks as f64,
        sums: sums.into_iter().collect(),
        ..span
    };
    spans.into_iter().map(|(entity, found)| (entity, whole(found))).collect()
}

/// The entries that took most time at this hour yesterday, the costliest first: one of them may be gone.
///
/// Errors: when the store cannot be read.
pub async fn costliest_yesterday(
    past: &History,
    source: &Source,
    calendar: Calendar,
    now_ms: i64,
    most: usize,
) -> Result<Vec<Entity>, Error> {
    let from_ms = now_ms - now_ms.rem_euclid(calendar.hour_ms.max(1)) - calendar.day_ms;
    let series = Series { metrics: &[Measure::ExecTime.as_str()], entities: None };
    let mut rows = past.totals(source, series, from_ms, from_ms + calendar.hour_ms).await?.rows;
    rows.sort_by(|a, b| b.sum.total_cmp(&a.sum).then_with(|| a.entity.cmp(&b.entity)));
    rows.truncate(most);
    Ok(rows.into_iter().map(|row| row.entity).collect())
}

/// Which of these entries ran more than a day ago.
///
/// Errors: when the store cannot be read.
pub async fn seen_before(
    past: &History,
    source: &Source,
    calendar: Calendar,
    now_ms: i64,
    entries: &[Entity],
) -> Result<Vec<Entity>, Error> {
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    let series = Series { metrics: &[Measure::Calls.as_str()], entities: Some(entries) };
    let to_ms = now_ms - calendar.day_ms;
    let from_ms = to_ms - i64::from(calendar.days) * calendar.day_ms;
    let totals = past.totals(source, series, from_ms, to_ms).await?;
    Ok(totals.rows.into_iter().map(|row| row.entity).collect())
}

/// Session time spent waiting, by statement and what was waited for, ms, as sampled.
#[derive(Debug, Default)]
pub struct Waited(HashMap<(i64, String), f64>);

impl Waited {
    /// From `from_ms` to `to_ms`.
    ///
    /// Errors: when the store cannot be read.
    pub async fn read(
        past: &History,
        statements: &Source,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Self, Error> {
        let source = Source { area: AreaName::Activity.as_str().into(), ..statements.clone() };
        let series = Series { metrics: &[BY_ALL.name], entities: None };
        let totals = past.totals(&source, series, from_ms, to_ms).await?;
        let sample_ms = totals.read_ms as f64 / (totals.ticks.max(1)) as f64;
        let mut waited: HashMap<(i64, String), f64> = HashMap::new();
        for row in totals.rows {
            let labels = row.entity.labels();
            let id = labels.get("query_id").and_then(|id| id.parse().ok());
            // What has no event runs, or reads and writes: that is counted elsewhere.
            let event = labels.get("event").filter(|_| {
                !matches!(labels.get("class").map(String::as_str), None | Some("CPU" | "IO"))
            });
            if let (Some(id), Some(event)) = (id, event) {
                *waited.entry((id, event.clone())).or_default() += row.sum * sample_ms;
            }
        }
        Ok(Self(waited))
    }

    /// What that statement waited for most, and how long.
    pub fn most(&self, queryid: i64) -> Option<(&str, f64)> {
        let of_it = self.0.iter().filter(|((id, _), _)| *id == queryid);
        let most = of_it.max_by(|a, b| a.1.total_cmp(b.1))?;
        Some((most.0.1.as_str(), *most.1))
    }

    /// How long that statement waited for that.
    pub fn of(&self, queryid: i64, event: &str) -> f64 {
        self.0.get(&(queryid, event.to_owned())).copied().unwrap_or_default()
    }
}

/// The last event of this server, or of all, in that span; an ANALYZE, which tables have all the time, only
/// where there is no other.
///
/// Errors: when the store cannot be read.
pub async fn last_event(
    past: &History,
    source: &Source,
    (from_ms, to_ms): (i64, i64),
) -> Result<Option<EventBefore>, Error> {
    let events = past.events(&source.cluster, from_ms, to_ms).await?;
    let here = events.into_iter().filter(|e| e.server.is_empty() || e.server == source.server);
    let last = here.max_by_key(|event| (event.kind != EventKind::Analyze.as_str(), event.at_ms));
    Ok(last.map(|event| EventBefore { at_ms: event.at_ms, kind: event.kind, title: event.title }))
}
