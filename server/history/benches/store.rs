//! What the history store costs on the synthetic day of `docs/limits.md#history`, against SQLite with a row
//! per sample in the same run: bytes per sample, samples per second, and questions over weeks.
//!
//! `cargo bench -p history --bench store [-- DAYS]`
#![expect(clippy::unwrap_used, reason = "a benchmark stops where it cannot go on")]

use std::path::Path;
use std::time::{Duration, Instant};

use history::{Entity, History, Metric, Point, Retention, Series, Settings, Source};

const START: i64 = 1_780_012_800_000;
const MINUTE: i64 = 60_000;
const DAY: i64 = 1_440 * MINUTE;
/// Series of the day: 60 % are counters, half of these idle; the rest are gauges, whole numbers and floats.
const ENTITIES: usize = 400;
const METRICS: [Metric; 5] = [
    Metric::increment("calls"),
    Metric::increment("rows"),
    Metric::increment("total_exec_time_ms"),
    Metric::gauge("size_bytes"),
    Metric::gauge("load"),
];

/// What one entity does.
struct Thing {
    entity: Entity,
    rate: f64,
    idle: bool,
    size: f64,
    load: f64,
}

fn things(random: &mut fastrand::Rng, count: usize) -> Vec<Thing> {
    let thing = |number: usize| Thing {
        entity: Entity::of([
            ("queryid", (number * 7_919).to_string().as_str()),
            ("database", "shop"),
        ]),
        rate: 10_f64.powf(random.f64() * 3.0),
        idle: number.is_multiple_of(2),
        size: f64::from(random.u32(1_000..1_000_000)),
        load: random.f64() * 100.0,
    };
    (0..count).map(thing).collect()
}

/// One tick of all things.
fn points(things: &mut [Thing], random: &mut fastrand::Rng) -> Vec<Point> {
    let mut points = Vec::with_capacity(things.len() * METRICS.len());
    for thing in things {
        if !thing.idle {
            let calls = (thing.rate * (0.8 + 0.4 * random.f64())).round();
            let time = (calls * (1.5 + random.f64()) * 1_000.0).round() / 1_000.0;
            let counters = [calls, calls * 3.0, time];
            points.extend(
                METRICS.into_iter().zip(counters).map(|(m, v)| Point::new(&thing.entity, m, v)),
            );
        }
        if random.u8(0..10) == 0 {
            thing.size += f64::from(random.u8(0..20));
        }
        thing.load = (thing.load + random.f64() - 0.5).clamp(0.0, 100.0);
        points.push(Point::new(&thing.entity, METRICS[3], thing.size * 8_192.0));
        points.push(Point::new(&thing.entity, METRICS[4], (thing.load * 100.0).round() / 100.0));
    }
    points
}

fn source() -> Source {
    Source::new("7312345678901234567", "shop", "statements")
}

async fn open(folder: &Path) -> History {
    let forever = Retention {
        raw_ms: i64::MAX,
        minutes_ms: i64::MAX,
        hours_ms: i64::MAX,
        days_ms: i64::MAX,
        bytes: 0,
    };
    let settings = Settings {
        retention: forever,
        buffer: 10_000_000,
        background: false,
        ..Settings::default()
    };
    History::open(&folder.join("history.sqlite"), settings).await.unwrap()
}

fn size_of(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).unwrap();
    files.map(|file| file.unwrap().metadata().unwrap().len()).sum()
}

/// Bytes of each level's columns.
async fn columns(folder: &Path) -> String {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.join("history.sqlite"));
    let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect_lazy_with(options);
    let bytes = "select group_concat(level || ': ' || bytes || ' bytes in ' || chunks, ', ') from (select level, sum(bytes) bytes, count(*) chunks from chunk group by level order by level)";
    let text: String = sqlx::query_scalar(bytes).fetch_one(&pool).await.unwrap();
    let free: i64 = sqlx::query_scalar("pragma freelist_count").fetch_one(&pool).await.unwrap();
    pool.close().await;
    format!("columns by level (ticks, minutes, hours, days): {text}; {free} pages are free")
}

/// CPU time of this process, seconds.
fn cpu_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<f64> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    // After the state: utime and stime are the fields 14 and 15 of proc(5), in hundredths.
    fields.get(10).unwrap_or(&0.0) / 100.0 + fields.get(11).unwrap_or(&0.0) / 100.0
}

/// Records days; gives samples that were there to keep, and the time of taking, flushing and compacting.
async fn record(
    history: &History,
    entities: usize,
    days: i64,
    ticks_a_flush: i64,
) -> (u64, [Duration; 3]) {
    let mut random = fastrand::Rng::with_seed(1);
    let mut things = things(&mut random, entities);
    let (mut samples, mut times) = (0, [Duration::ZERO; 3]);
    for minute in 0..days * 1_440 {
        let points = points(&mut things, &mut random);
        samples += points.len() as u64;
        let at = START + minute * MINUTE;
        let begun = Instant::now();
        history.recorder().append(&source(), at, MINUTE as u32, points);
        times[0] += begun.elapsed();
        if minute % ticks_a_flush == ticks_a_flush - 1 {
            let begun = Instant::now();
            history.flush().await.unwrap();
            times[1] += begun.elapsed();
        }
        if minute % 10 == 9 {
            let begun = Instant::now();
            history.maintain(at).await.unwrap();
            times[2] += begun.elapsed();
        }
    }
    let begun = Instant::now();
    history.maintain(START + days * DAY + DAY).await.unwrap();
    times[2] += begun.elapsed();
    (samples, times)
}

/// The same day, a row per sample, in one transaction per tick.
async fn rows(folder: &Path) -> (u64, Duration) {
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(folder.join("rows.sqlite"))
        .create_if_missing(true)
        .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal);
    let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect_lazy_with(options);
    let table = "create table sample (series integer, at integer, value real, primary key (series, at)) without rowid";
    sqlx::query(table).execute(&pool).await.unwrap();
    let mut random = fastrand::Rng::with_seed(1);
    let mut things = things(&mut random, ENTITIES);
    let mut time = Duration::ZERO;
    let mut samples = 0;
    for minute in 0..1_440 {
        let points = points(&mut things, &mut random);
        samples += points.len() as u64;
        let rows: Vec<(usize, f64)> =
            points.iter().enumerate().map(|(n, p)| (n, p.value)).collect();
        let rows = serde_json::to_string(&rows).unwrap();
        let begun = Instant::now();
        // One statement for all rows of the tick: the driver's own cost per row stays out of it.
        sqlx::query("insert into sample select value ->> 0, ?, value ->> 1 from json_each(?)")
            .bind(START + minute * MINUTE)
            .bind(rows)
            .execute(&pool)
            .await
            .unwrap();
        time += begun.elapsed();
    }
    pool.close().await;
    (samples, time)
}

async fn median<F: Future<Output = usize>>(question: impl Fn() -> F) -> (f64, usize) {
    let mut times = Vec::new();
    let mut found = 0;
    for _ in 0..11 {
        let begun = Instant::now();
        found = question().await;
        times.push(begun.elapsed().as_secs_f64() * 1_000.0);
    }
    times.sort_by(f64::total_cmp);
    (times[5], found)
}

async fn questions(history: &History, days: i64) {
    let end = START + days * DAY - 3 * 3_600_000 - 77_000;
    let from = end - (days - 1) * DAY;
    let source = source();
    let series = Series { metrics: &["total_exec_time_ms"], entities: None };
    let top = || async {
        let mut totals = history.totals(&source, series, from, end).await.unwrap().rows;
        totals.sort_by(|one, next| next.sum.total_cmp(&one.sum));
        totals.truncate(20);
        totals.len()
    };
    let (ms, found) = median(top).await;
    println!("  top {found} of all series over {} days: {ms:.1} ms", days - 1);
    let week = end - 7.min(days - 1) * DAY;
    let entity = Entity::of([("queryid", "7919"), ("database", "shop")]);
    for points in [400, 20_000] {
        let one = || async {
            let got = history.range(&source, &entity, "calls", week, end, points).await.unwrap();
            got.buckets.len()
        };
        let (ms, found) = median(one).await;
        println!("  one series for {} days in {found} points: {ms:.2} ms", (end - week) / DAY);
    }
}

#[tokio::main]
async fn main() {
    let days = std::env::args().filter_map(|word| word.parse().ok()).next().unwrap_or(31);
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path()).await;
    let before = cpu_s();
    let (samples, [taken, flushed, compacted]) = record(&history, ENTITIES, 1, 1).await;
    let busy = cpu_s() - before;
    history.close().await.unwrap();
    let bytes = size_of(folder.path());
    let levels = columns(folder.path()).await;
    // Samples of idle series count too: that nothing moved is known, without taking room.
    let day = (ENTITIES * METRICS.len() * 1_440) as f64;
    let row_folder = tempfile::tempdir().unwrap();
    let (row_samples, row_time) = rows(row_folder.path()).await;
    let row_bytes = size_of(row_folder.path()) as f64 / row_samples as f64;
    let each = bytes as f64 / samples as f64;
    println!("a day of 2,000 series at a minute: {samples} samples that say something of {day:.0}");
    println!("  {:.3} bytes per sample, {each:.3} per one that says something", bytes as f64 / day);
    println!("  SQLite, a row each: {row_bytes:.1}, {:.1} times as much", row_bytes / each);
    println!("  {levels}");
    let rate = |time: Duration| samples as f64 / time.as_secs_f64();
    println!(
        "  taken at {:.2} M/s, flushed at {:.2} M/s, compacted at {:.2} M/s",
        rate(taken) / 1e6,
        rate(flushed) / 1e6,
        rate(compacted) / 1e6
    );
    println!("  a second of CPU, with making up the samples: {:.2} M", samples as f64 / busy / 1e6);
    let all = taken + flushed + compacted;
    let row_rate = row_samples as f64 / row_time.as_secs_f64();
    println!(
        "  all in all {:.2} M/s; SQLite, a row each, {:.2} M/s: {:.1} times as fast",
        rate(all) / 1e6,
        row_rate / 1e6,
        rate(all) / row_rate
    );

    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path()).await;
    let (samples, times) = record(&history, 1_000, days, 10).await;
    println!(
        "{days} days of 5,000 series: {samples} samples in {:.0} s",
        times.iter().sum::<Duration>().as_secs_f64()
    );
    questions(&history, days).await;
    history.close().await.unwrap();
    let all = (1_000 * METRICS.len()) as f64 * (days * 1_440) as f64;
    println!(
        "  {:.3} bytes per sample; {}",
        size_of(folder.path()) as f64 / all,
        columns(folder.path()).await
    );
}
