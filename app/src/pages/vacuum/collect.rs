//! Puts the page's data together from the newest readings and the history. Server-side only.

use std::sync::Arc;

use engine::Engine;
use engine::areas::activity::ActivityArea;
use engine::areas::log::LogArea;
use engine::areas::tables::TablesArea;
use engine::areas::tables::steps::{TableName, steps};
use engine::areas::vacuum::past::{HORIZON_LINE, ages};
use model::activity::Activity;
use model::activity::autovacuum::{Autovacuum, AutovacuumWorker};
use model::autovacuum::simulation::{scale_factor_for, seen, simulate};
use model::autovacuum::{Measured, Options, OwnCost, Pace, Place, Trigger, paces, queue};
use model::tables::{DatabaseTables, Table};
use model::{ApiError, Known, Latest, Reason, ServerId, TimeRange, Unit};

use super::{Asked, Simulation, Tables, VacuumView, Work};
use crate::live::charts::nothing_kept;
use crate::ui::chart::{Chart, Line};
use crate::ui::chart_svg::{ChartSpec, chart};

/// Rows of each table of the page.
const ROWS: usize = 20;
/// Tables further from being due are counted only: at a quarter of a threshold nothing is near.
const NEAR_FROM: f64 = 0.25;
/// The range where the address has none: what is recorded is a minute apart.
const SPAN_MS: i64 = 24 * 3_600_000;
/// A day.
const DAY_MS: i64 = 24 * 3_600_000;

/// Everything but the newest reading of the area.
pub async fn view(
    engine: &Engine,
    server: &ServerId,
    asked: &Asked,
) -> Result<VacuumView, ApiError> {
    let latest = engine.latest::<TablesArea>(server).ok_or(ApiError::NotFound)?;
    let activity = engine.latest::<ActivityArea>(server).ok_or(ApiError::NotFound)?;
    let log = engine.latest::<LogArea>(server).ok_or(ApiError::NotFound)?;
    let major = engine.facts(server).map_or(0, |facts| facts.major);
    let internal = |incident| ApiError::Internal { incident };
    let range = TimeRange::read(&asked.range).unwrap_or_default();
    let now_ms = latest.now_ms;
    let range = match range.is_live() {
        true => TimeRange::Between { from_ms: now_ms - SPAN_MS, to_ms: now_ms },
        false => range,
    };
    let charts = ages(engine, server, range).await.map_err(internal)?;
    let read = newest(&latest);
    let simulation = match &read {
        Ok(read) if !asked.table.is_empty() => {
            Some(simulation(engine, server, asked, range, read).await?)
        }
        _ => None,
    };
    Ok(VacuumView {
        major,
        work: newest(&activity).and_then(|activity| work(activity, read.as_ref().ok().copied())),
        tables: read.map(|read| tables(read, major)),
        unfinished: newest(&log).and_then(|log| log.autovacuum.clone()),
        simulation,
        charts: charts.map(|ages| vec![drawn(&ages)]).unwrap_or_default(),
    })
}

/// The newest value, or why there is none.
fn newest<T>(latest: &Latest<T>) -> Known<&T> {
    let failed = || latest.failure.as_ref().map(|failure| failure.reason.clone());
    latest.value().ok_or_else(|| failed().unwrap_or(Reason::NotYet))
}

fn tables(read: &model::tables::Tables, major: u16) -> Tables {
    let mut found = queue(read, major);
    let due_count = found.due.len();
    let age = |place: &Place| {
        let of = |one: &&model::autovacuum::Pressure| one.trigger == Trigger::Wraparound;
        place.pressures.iter().find(of).map_or(0.0, |one| one.value)
    };
    let mut oldest: Vec<Place> = found.due.iter().chain(&found.waiting).cloned().collect();
    oldest.sort_by(|a, b| age(b).total_cmp(&age(a)));
    oldest.truncate(ROWS);
    found.due.truncate(ROWS);
    let all = found.waiting.len();
    found.waiting.retain(|place| place.ratio() >= NEAR_FROM);
    found.waiting.truncate(ROWS);
    let more_waiting = all - found.waiting.len();
    let unread = read
        .databases
        .iter()
        .filter_map(|one| Some((one.datname.clone(), one.value.as_ref().err()?.clone())));
    let dead = read.databases.iter().filter_map(|one| {
        let rows = one.known()?.tables.iter().map(|table| table.counters.n_dead_tup).sum();
        Some((one.datname.clone(), rows))
    });
    Tables {
        due: found.due,
        due_count,
        waiting: found.waiting,
        more_waiting,
        near_from: NEAR_FROM,
        oldest,
        unread: unread.collect(),
        dead: dead.collect(),
    }
}

fn work(activity: &Activity, tables: Option<&model::tables::Tables>) -> Known<Work> {
    let autovacuum = activity.autovacuum.clone()?;
    let is_ours =
        |row: &model::activity::Progress| matches!(row.command.as_str(), "VACUUM" | "ANALYZE");
    let progress = activity.progress.clone();
    let forced = autovacuum.workers.iter().filter(|one| one.to_prevent_wraparound == Some(true));
    Ok(Work {
        busy: autovacuum.workers.len() as i64,
        progress: progress.map(|rows| rows.into_iter().filter(is_ours).collect()),
        forced: forced.map(|one| one.pid).collect(),
        workers: autovacuum.workers.iter().map(|one| one.pid).collect(),
        paces: paces_of(&autovacuum, tables),
        settings: autovacuum.settings,
    })
}

/// How each worker is slowed down; a table that is not found, as a TOAST table is, has its pace left open.
fn paces_of(autovacuum: &Autovacuum, tables: Option<&model::tables::Tables>) -> Vec<Option<Pace>> {
    let own = |worker: &AutovacuumWorker| {
        let (datname, name) = (worker.datname.as_deref()?, worker.table.as_deref()?);
        let database = tables?.databases.iter().find(|one| one.datname == datname)?.known()?;
        let is_it = |table: &&Arc<Table>| {
            let rest = name.strip_prefix(table.nspname.as_ref());
            rest.and_then(|rest| rest.strip_prefix('.')) == Some(table.relname.as_str())
        };
        let table = database.tables.iter().find(is_it)?;
        Some(OwnCost::new(|option| table.option(option)))
    };
    let own: Vec<Option<OwnCost>> = autovacuum.workers.iter().map(own).collect();
    let Ok(settings) = &autovacuum.settings else { return vec![None; own.len()] };
    let all: Vec<OwnCost> = own.iter().map(|one| one.unwrap_or_default()).collect();
    let paces = paces(settings.cost_delay_ms, settings.cost_limit, &all);
    own.iter().zip(paces).map(|(known, pace)| known.map(|_| pace)).collect()
}

async fn simulation(
    engine: &Engine,
    server: &ServerId,
    asked: &Asked,
    range: TimeRange,
    read: &model::tables::Tables,
) -> Result<Known<Simulation>, ApiError> {
    let nothing = |message: &str| Err(Reason::Nothing { message: message.to_owned() });
    let Some((database, table)) = find(asked, read) else {
        return Ok(nothing("There is no table of that name in that database and schema."));
    };
    let name =
        TableName { datname: &asked.database, nspname: &asked.schema, relname: &asked.table };
    let found = steps(engine, server, name, range).await;
    let Some(steps) = found.map_err(|incident| ApiError::Internal { incident })? else {
        return Ok(nothing("No history is kept. Start pgdeck with a data directory to keep it."));
    };
    let settings = &database.autovacuum;
    let now = Options::of_table(settings, table);
    let tried = tried(asked, now);
    let unfrozen = Measured::from(table).unfrozen_share;
    Ok(Ok(Simulation {
        now,
        tried,
        reloptions: table.reloptions.clone(),
        span: steps.first().zip(steps.last()).map(|(first, last)| (first.at_ms, last.at_ms)),
        seen: seen(&steps),
        as_is: simulate(&steps, &now, settings, unfrozen),
        would: simulate(&steps, &tried, settings, unfrozen),
        daily: scale_factor_for(&steps, DAY_MS, settings),
    }))
}

fn find<'a>(
    asked: &Asked,
    read: &'a model::tables::Tables,
) -> Option<(&'a DatabaseTables, &'a Table)> {
    let database = read.databases.iter().find(|one| one.datname == asked.database)?.known()?;
    let named =
        |table: &&Arc<Table>| *table.nspname == *asked.schema && table.relname == asked.table;
    Some((database, database.tables.iter().find(named)?))
}

/// The settings as they are, with what was asked for; what is no number stays as it is.
fn tried(asked: &Asked, now: Options) -> Options {
    let share = |text: &str, now: f64| {
        text.trim().parse().ok().filter(|share: &f64| (0.0..=100.0).contains(share)).unwrap_or(now)
    };
    Options {
        vacuum_scale_factor: share(&asked.scale_factor, now.vacuum_scale_factor),
        vacuum_threshold: asked
            .threshold
            .trim()
            .parse::<i32>()
            .ok()
            .filter(|rows| *rows >= 0)
            .unwrap_or(now.vacuum_threshold),
        vacuum_insert_scale_factor: share(
            &asked.insert_scale_factor,
            now.vacuum_insert_scale_factor,
        ),
        analyze_scale_factor: share(&asked.analyze_scale_factor, now.analyze_scale_factor),
        ..now
    }
}

/// The chart of ages.
fn drawn(ages: &[engine::areas::vacuum::past::Ages]) -> Chart {
    let mut names: Vec<&String> = Vec::new();
    for name in ages.iter().filter_map(|(_, at)| at.as_ref()).flat_map(|at| at.keys()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let line = |(rank, name): (usize, &&String)| Line {
        name: (*name).clone(),
        class: match name.as_str() {
            HORIZON_LINE => "series-rest".to_owned(),
            _ => format!("series-{}", rank % 7 + 1),
        },
        points: ages.iter().map(|(_, at)| at.as_ref()?.get(*name).copied()).collect(),
    };
    chart(ChartSpec {
        id: "ages",
        title: "Transaction ID age by database",
        unit: Unit::Xids,
        times: ages.iter().map(|(at_ms, _)| *at_ms).collect(),
        lines: names.iter().enumerate().map(line).collect(),
        limit: None,
        stacked: false,
        absent: nothing_kept(),
    })
}
