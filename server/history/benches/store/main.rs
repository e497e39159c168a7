//! What the history store costs on the synthetic day of `docs/limits.md#history`, against SQLite with a row
//! per sample, VictoriaMetrics and Prometheus in the same run: bytes per sample, samples per second, and
//! questions over weeks. Answers of peers are compared with ours.
//!
//! `cargo bench -p history --bench store [-- DAYS]`

mod day;
mod peers;
mod rows;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use day::{DAY, METRICS, MINUTE, Minutes, START, source};
use history::{Entity, History, Retention, Series, Settings};
use peers::{Peer, size_of};

/// Entities of the day and of the weeks; each has a series per metric.
const ENTITIES: usize = 400;
const MANY: usize = 1_000;

async fn open(folder: &Path) -> Result<History> {
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
    Ok(History::open(&folder.join("history.sqlite"), settings).await?)
}

/// Bytes of each level's columns.
async fn columns(folder: &Path) -> Result<String> {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.join("history.sqlite"));
    let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect_lazy_with(options);
    let bytes = "select group_concat(level || ': ' || bytes || ' bytes in ' || chunks, ', ') from (select level, sum(bytes) bytes, count(*) chunks from chunk group by level order by level)";
    let text: String = sqlx::query_scalar(bytes).fetch_one(&pool).await?;
    let free: i64 = sqlx::query_scalar("pragma freelist_count").fetch_one(&pool).await?;
    pool.close().await;
    Ok(format!("columns by level (ticks, minutes, hours, days): {text}; {free} pages are free"))
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

/// CPU time of making up the samples of so many days.
fn making_up_s(entities: usize, days: i64) -> f64 {
    let before = cpu_s();
    let mut minutes = Minutes::of(entities);
    let made: usize = (0..days * 1_440).map(|_| std::hint::black_box(minutes.points()).len()).sum();
    std::hint::black_box(made);
    cpu_s() - before
}

/// Records days; gives samples that were there to keep, and the time of taking, flushing and compacting.
async fn record(
    history: &History,
    entities: usize,
    days: i64,
    ticks_a_flush: i64,
) -> Result<(u64, [Duration; 3])> {
    let mut minutes = Minutes::of(entities);
    let (mut samples, mut times) = (0, [Duration::ZERO; 3]);
    for minute in 0..days * 1_440 {
        let points = minutes.points();
        samples += points.len() as u64;
        let at = START + minute * MINUTE;
        let begun = Instant::now();
        history.recorder().append(&source(), at, MINUTE as u32, points);
        times[0] += begun.elapsed();
        if minute % ticks_a_flush == ticks_a_flush - 1 {
            let begun = Instant::now();
            history.flush().await?;
            times[1] += begun.elapsed();
        }
        if minute % 10 == 9 {
            let begun = Instant::now();
            history.maintain(at).await?;
            times[2] += begun.elapsed();
        }
    }
    // As if it went on long enough for all of it to be merged.
    let begun = Instant::now();
    history.maintain(START + (days + 200) * DAY).await?;
    times[2] += begun.elapsed();
    Ok((samples, times))
}

async fn median<F: Future<Output = Result<Vec<String>>>>(
    question: impl Fn() -> F,
) -> Result<(Vec<String>, f64)> {
    let mut times = Vec::new();
    let mut found = Vec::new();
    for _ in 0..11 {
        let begun = Instant::now();
        found = question().await?;
        times.push(begun.elapsed().as_secs_f64() * 1_000.0);
    }
    times.sort_by(f64::total_cmp);
    Ok((found, times.get(5).copied().unwrap_or(f64::NAN)))
}

/// The statements that took the most time, and one statement alone; of peers as well.
async fn questions(history: &History, from: i64, end: i64, peers: &[Peer]) -> Result<()> {
    let source = source();
    let series = Series { metrics: &["total_exec_time_ms"], entities: None };
    let top = || async {
        let mut totals = history.totals(&source, series, from, end).await?.rows;
        totals.sort_by(|one, next| next.sum.total_cmp(&one.sum));
        totals.truncate(20);
        Ok(totals.iter().filter_map(|row| row.entity.label("queryid")).collect())
    };
    let (ours, ms) = median(top).await?;
    let hours = (end - from) as f64 / 3_600_000.0;
    println!("  top {} of all over {hours:.0} hours: {ms:.1} ms", ours.len());
    let ours: BTreeSet<String> = ours.into_iter().collect();
    for peer in peers {
        let seconds = (end - from) / 1_000;
        let query = format!("topk(20, increase(total_exec_time_ms_total[{seconds}s]))");
        let (theirs, their_ms) = peer.ask(&query, end)?;
        let same = theirs.iter().filter(|id| ours.contains(*id)).count();
        ensure!(same >= 19, "{} finds others: {theirs:?}, we {ours:?}", peer.name);
        println!(
            "    {}: {their_ms:.1} ms, {:.1} times as long; {same} of its 20 are ours",
            peer.name,
            their_ms / ms
        );
    }
    let begin = from.max(end - 7 * DAY);
    let entity = Entity::of([("queryid", "7919"), ("database", "shop")]);
    for points in [400, 20_000] {
        let one = || async {
            let got = history.range(&source, &entity, "calls", begin, end, points).await?;
            Ok(vec![String::new(); got.buckets.len()])
        };
        let (found, ms) = median(one).await?;
        let hours = (end - begin) as f64 / 3_600_000.0;
        println!("  one series for {hours:.0} hours in {} points: {ms:.2} ms", found.len());
        for peer in peers.iter().filter(|_| points > 400) {
            let seconds = (end - begin) / 1_000;
            let query = format!(r#"calls_total{{queryid="7919"}}[{seconds}s]"#);
            let (_, their_ms) = peer.ask(&query, end)?;
            println!("    {}: {their_ms:.2} ms, {:.1} times as long", peer.name, their_ms / ms);
        }
    }
    Ok(())
}

/// The day in all stores.
async fn one_day() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let history = open(folder.path()).await?;
    let making_up = making_up_s(ENTITIES, 1);
    let before = cpu_s();
    let (samples, times) = record(&history, ENTITIES, 1, 1).await?;
    let busy = cpu_s() - before - making_up;
    history.close().await?;
    // Samples of idle series count too: that nothing moved is known, without taking room.
    let day = (ENTITIES * METRICS.len() * 1_440) as f64;
    let bytes = size_of(folder.path())? as f64;
    let each = bytes / day;
    println!("a day of 2,000 series at a minute: {samples} samples that say something of {day:.0}");
    println!(
        "  pgdeck: {each:.3} bytes per sample, {:.3} per one that says something",
        bytes / samples as f64
    );
    println!("  {}", columns(folder.path()).await?);
    let rate = |time: Duration| samples as f64 / time.as_secs_f64();
    let [taken, flushed, compacted] = times.map(|time| rate(time) / 1e6);
    let all = rate(times.iter().sum());
    println!(
        "  {:.2} M/s: taken at {taken:.2}, flushed at {flushed:.2}, compacted at {compacted:.2}; a second of the process's CPU, without making up the samples: {:.2} M",
        all / 1e6,
        samples as f64 / busy / 1e6
    );
    let row_folder = tempfile::tempdir()?;
    let (row_samples, row_time) = rows::record(row_folder.path(), ENTITIES).await?;
    let row_bytes = size_of(row_folder.path())? as f64 / row_samples as f64;
    let row_rate = row_samples as f64 / row_time.as_secs_f64();
    println!(
        "  SQLite, a row each: {row_bytes:.2} bytes per sample, {:.1} times as much; {:.3} M/s, {:.3} times as fast",
        row_bytes / (bytes / samples as f64),
        row_rate / 1e6,
        row_rate / all
    );
    let mut there = Vec::new();
    let given = [
        ("VictoriaMetrics", peers::victoria_metrics(ENTITIES, 1)?),
        ("Prometheus", peers::prometheus(ENTITIES)?),
    ];
    for (name, peer) in given {
        let Some(peer) = peer else {
            println!("  {name} is not installed: passed over");
            continue;
        };
        let theirs = peer.bytes / peer.samples;
        println!(
            "  {name}: {theirs:.3} bytes per sample, {:.2} times as much; {:.2} M/s",
            theirs / each,
            peer.rate / 1e6
        );
        there.push(peer);
    }
    let history = open(folder.path()).await?;
    let (from, end) = (START + 3_600_000 - 13_000, START + 22 * 3_600_000 - 17_000);
    questions(&history, from, end, &there).await?;
    Ok(history.close().await?)
}

/// Weeks of 5,000 series. Prometheus is not asked: it would take promtool an hour to read them in.
async fn weeks(days: i64) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let history = open(folder.path()).await?;
    let making_up = making_up_s(MANY, days);
    let before = cpu_s();
    let (samples, times) = record(&history, MANY, days, 10).await?;
    let cpu = cpu_s() - before - making_up;
    let busy: f64 = times.iter().sum::<Duration>().as_secs_f64();
    let all = (MANY * METRICS.len()) as f64 * (days * 1_440) as f64;
    history.close().await?;
    let each = size_of(folder.path())? as f64 / all;
    println!("{days} days of 5,000 series: {samples} samples that say something of {all:.0}");
    println!(
        "  pgdeck: {each:.3} bytes per sample; {:.2} M/s, a second of CPU: {:.2} M",
        samples as f64 / busy / 1e6,
        samples as f64 / cpu / 1e6
    );
    println!("  {}", columns(folder.path()).await?);
    let there = peers::victoria_metrics(MANY, usize::try_from(days).context("days")?)?;
    if let Some(peer) = &there {
        let theirs = peer.bytes / peer.samples;
        println!(
            "  {}: {theirs:.3} bytes per sample, {:.2} times as much; {:.2} M/s",
            peer.name,
            theirs / each,
            peer.rate / 1e6
        );
    }
    let history = open(folder.path()).await?;
    let end = START + days * DAY - 3 * 3_600_000 - 77_000;
    let there: Vec<Peer> = there.into_iter().collect();
    questions(&history, end - (days - 1) * DAY, end, &there).await?;
    Ok(history.close().await?)
}

#[tokio::main]
async fn main() -> Result<()> {
    let days = std::env::args().filter_map(|word| word.parse().ok()).next().unwrap_or(31);
    one_day().await?;
    if days > 1 {
        weeks(days).await?;
    }
    Ok(())
}
