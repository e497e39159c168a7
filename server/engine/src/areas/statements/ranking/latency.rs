//! How long runs of a statement took over a window: from samples of sessions, and from the server's log as far
//! as it was read.

use history::{Entity, Series, Totals};
use model::latency::{BUCKETS, Counts, Histogram, Latency};
use model::statements::{Bound, Detail, Measure, Question};
use model::{AreaName, Known, Reason, ServerId, quantity};

use super::{Store, no_history};
use crate::engine::Engine;
use crate::past::unreadable;
use crate::sampled::{
    LINES_LOGGED, LOG_READ, LOG_SKIPPED, LOGGED_FROM, RUNS_ENDED, RUNS_LOGGED, RUNS_MET,
};

/// The log must have been read for this share of the time in which calls were counted, for the two to be put
/// together.
const SAME_TIME: f64 = 0.95;

/// Why nothing may have been sampled, and why nothing may have been read of the log, by the newest readings.
pub type Whys = (Option<Reason>, Option<Reason>);

/// The latency of a statement of a page.
///
/// Errors: a sentence, when the store cannot be read.
pub async fn of(
    engine: &Engine,
    id: &ServerId,
    (detail, question): (&Detail, &Question),
    whys: Whys,
) -> Result<Latency, String> {
    let Some(store) = Store::of(engine, id) else { return Ok(unknown(whys)) };
    let is_whole = question.database.is_empty() && question.role.is_empty();
    let found = read(&store, (detail, is_whole), whys).await;
    found.map_err(|error| unreadable(&error))
}

fn unknown((sampled, logged): Whys) -> Latency {
    Latency {
        sampled: Err(sampled.unwrap_or_else(no_history)),
        logged: Err(logged.unwrap_or_else(no_history)),
        logged_basis: Vec::new(),
    }
}

/// The latency of a statement; the flag says whether its calls are those of all databases and roles.
///
/// Errors: when the store cannot be read.
pub async fn read(
    store: &Store<'_>,
    (detail, is_whole): (&Detail, bool),
    (unsampled, unlogged): Whys,
) -> Result<Latency, history::Error> {
    let window = (detail.facts.from_ms, detail.facts.to_ms);
    let id = detail.queryid.to_string();
    let of_samples = [RUNS_MET.name, RUNS_ENDED.name];
    let entities = in_buckets(("query_id", &id));
    let sampled = totals(store, AreaName::Activity, (&of_samples, &entities), window).await?;
    let of_log =
        [RUNS_LOGGED, LINES_LOGGED, LOGGED_FROM, LOG_READ, LOG_SKIPPED].map(|metric| metric.name);
    let mut entities = in_buckets(("query_id", &id));
    entities.extend([Entity::of([("query_id", id.as_str())]), Entity::server()]);
    if let Some(print) = &detail.fingerprint {
        entities.extend(in_buckets(("fingerprint", print)));
        entities.push(Entity::of([("fingerprint", print.as_str())]));
    }
    let logged = totals(store, AreaName::Log, (&of_log, &entities), window).await?;
    let (logged, logged_basis) = of_the_log(&logged, (detail, is_whole), unlogged);
    let sampled = match (sampled.ticks, unsampled) {
        (0, why) => Err(why.unwrap_or_else(no_history)),
        _ => Histogram::of_samples(
            &counts(&sampled, RUNS_MET.name),
            &counts(&sampled, RUNS_ENDED.name),
        ),
    };
    Ok(Latency { sampled, logged, logged_basis })
}

fn of_the_log(
    read: &Totals,
    (detail, is_whole): (&Detail, bool),
    why: Option<Reason>,
) -> (Known<Histogram>, Vec<String>) {
    let rows = |name: &'static str| read.rows.iter().filter(move |row| &*row.metric == name);
    let Some(from_ms) = rows(LOGGED_FROM.name).map(|row| row.max).reduce(f64::max) else {
        let message = "The server's log was not read in this window.";
        return (Err(why.unwrap_or(Reason::Nothing { message: message.into() })), Vec::new());
    };
    let sum = |name| rows(name).map(|row| row.sum).sum::<f64>();
    let (lines, skipped) = (sum(LINES_LOGGED.name), sum(LOG_SKIPPED.name));
    let counts = counts(read, RUNS_LOGGED.name);
    let together = read.read_ms as f64 >= SAME_TIME * detail.facts.read_ms as f64 && skipped == 0.0;
    let is_exact = detail.rank.bound != Bound::LowerBound && is_whole && together;
    let calls = is_exact.then(|| detail.rank.sums.get(Measure::Calls));
    let mut basis = vec![basis(from_ms, lines, counts.iter().sum())];
    if read.read_ms < detail.facts.read_ms {
        let read = model::duration(read.read_ms as f64);
        basis.push(format!("The log was read for {read} of this window."));
    }
    if skipped > 0.0 {
        let skipped = quantity::number(skipped, model::Unit::Bytes);
        basis.push(format!("{skipped} of it were passed over, because it grew faster than pgdeck reads: runs are missing."));
    }
    (Histogram::of_log(&counts, (lines, from_ms), calls), basis)
}

/// What the log has, in a sentence.
fn basis(from_ms: f64, lines: f64, runs: f64) -> String {
    let which = if from_ms > 0.0 {
        format!(
            "The log has runs of at least {}; of shorter ones it has none",
            model::duration(from_ms)
        )
    } else {
        "The log has runs of any duration".to_owned()
    };
    // Rounding aside.
    if runs > lines * 1.001 {
        format!(
            "{which}. Some are of a sample (log_statement_sample_rate): each stands for as many as the rate says, {} in all.",
            quantity::number(runs, model::Unit::Count)
        )
    } else {
        format!("{which}.")
    }
}

fn in_buckets(label: (&str, &str)) -> Vec<Entity> {
    let bucket = |at: usize| Entity::of([("bucket", at.to_string().as_str()), label]);
    (0..BUCKETS).map(bucket).collect()
}

async fn totals(
    store: &Store<'_>,
    area: AreaName,
    (metrics, entities): (&[&str], &[Entity]),
    (from_ms, to_ms): (i64, i64),
) -> Result<Totals, history::Error> {
    let series = Series { metrics, entities: Some(entities) };
    store.past.totals(&store.of_area(area), series, from_ms, to_ms).await
}

fn counts(totals: &Totals, metric: &str) -> Counts {
    let mut counts = [0.0; BUCKETS];
    for row in totals.rows.iter().filter(|row| &*row.metric == metric) {
        let at = row.entity.label("bucket").and_then(|at| at.parse::<usize>().ok());
        if let Some(count) = at.and_then(|at| counts.get_mut(at)) {
            *count += row.sum;
        }
    }
    counts
}
