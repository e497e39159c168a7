//! What a page of the ranking costs with 100,000 statements in the window: the first page of a window that nobody
//! asked for before, and what comes after it: the next page, a page far behind, another order, a search, a
//! grouping, another window beside it. Medians, the processor's time of each, and the memory that it takes; the
//! sampler is not asked.
//!
//! `cargo bench -p engine --bench ranking [-- STATEMENTS]`

use std::sync::Arc;
use std::time::Instant;

use engine::areas::statements::ranking::kept::Kept;
use engine::areas::statements::ranking::{Asker, Store};
use history::{Entity, History, Metric, Point, Settings, Source, StatementText};
use model::statements::{Measure, Question};

const STATEMENTS: u64 = 100_000;
/// Half of them are in the window, the others in the one before.
const TICKS: i64 = 12;
const EVERY_MS: i64 = 60_000;
const ROUNDS: usize = 5;
/// What a statement that reads and writes moves.
const MEASURES: [Measure; 12] = [
    Measure::Calls,
    Measure::Rows,
    Measure::ExecTime,
    Measure::ExecTimeSquares,
    Measure::SharedHit,
    Measure::SharedRead,
    Measure::SharedDirtied,
    Measure::SharedWritten,
    Measure::SharedReadTime,
    Measure::WalRecords,
    Measure::WalFullPages,
    Measure::WalBytes,
];

#[tokio::main]
async fn main() -> Result<(), String> {
    let given = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let statements = given.unwrap_or(STATEMENTS);
    let folder = std::env::temp_dir().join(format!("pgdeck-ranking-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
    let settings = Settings { background: false, buffer: usize::MAX, ..Settings::default() };
    let history = History::open(&folder.join("history.sqlite"), settings).await;
    let history = history.map_err(|e| e.to_string())?;
    let end_ms = engine::now_ms();
    fill(&history, statements, end_ms).await?;
    let before_mb = resident_mb();
    let first = Question { ..all(end_ms) };
    ask("first page", &history, &first, Arc::default).await?;
    let kept: Arc<Kept> = Arc::default();
    let again = || kept.clone();
    for (name, question) in questions(end_ms) {
        ask(name, &history, &question, again).await?;
    }
    let compared =
        Question { with: "previous".into(), sort: "-change-total".into(), ..all(end_ms) };
    ask("compared", &history, &compared, Arc::default).await?;
    ask("compared, the next page", &history, &Question { page: 1, ..compared }, again).await?;
    println!(
        "memory: {before_mb:.0} MB after recording, {:.0} MB with three windows kept",
        resident_mb()
    );
    std::fs::remove_dir_all(&folder).map_err(|e| e.to_string())
}

fn source() -> Source {
    Source::new("7", "shop", "statements")
}

fn all(end_ms: i64) -> Question {
    Question {
        from: (end_ms + 1 - TICKS / 2 * EVERY_MS).to_string(),
        to: (end_ms + 1).to_string(),
        ..Question::default()
    }
}

fn questions(end_ms: i64) -> Vec<(&'static str, Question)> {
    let all = || all(end_ms);
    vec![
        ("next page", Question { page: 1, ..all() }),
        ("page 1,000", Question { page: 1_000, ..all() }),
        ("by blocks read", Question { sort: "-read".into(), ..all() }),
        ("search for a text", Question { q: "column_777".into(), ..all() }),
        ("by fingerprint", Question { group: "fingerprint".into(), ..all() }),
    ]
}

/// The median of some rounds, each with the windows that are kept.
async fn ask(
    name: &str,
    history: &History,
    question: &Question,
    kept: impl Fn() -> Arc<Kept>,
) -> Result<(), String> {
    let mut times = Vec::new();
    let mut statements = 0;
    let before_ms = cpu_ms();
    for _ in 0..ROUNDS {
        let started = Instant::now();
        let store = Some(Store::new(history, source()).keeping(kept()));
        let asker = Asker { value: None, question, sees_text: true, store };
        let ranking = asker.rank().await.map_err(|e| format!("{e:?}"))?;
        let ranking = ranking.map_err(|e| format!("{e:?}"))?;
        times.push(started.elapsed().as_secs_f64() * 1_000.0);
        assert!(!ranking.rows.is_empty(), "{name}");
        statements = ranking.statements;
    }
    times.sort_by(f64::total_cmp);
    let cpu_ms = (cpu_ms() - before_ms) / ROUNDS as f64;
    let ms = times[ROUNDS / 2];
    println!("{name:28} {ms:8.0} ms, {cpu_ms:6.0} ms of CPU, of {statements} statements");
    Ok(())
}

/// CPU time of this process, ms: user and system are the fields 14 and 15 of proc(5), in hundredths of a second.
fn cpu_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let fields = after_name.split_whitespace().skip(11).take(2);
    fields.filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() * 10.0
}

/// The memory of this process.
fn resident_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    let kb = line.split_whitespace().nth(1).and_then(|kb| kb.parse::<f64>().ok());
    kb.unwrap_or(f64::NAN) / 1_024.0
}

async fn fill(history: &History, statements: u64, end_ms: i64) -> Result<(), String> {
    let recorder = history.recorder();
    let entity = |number: u64| {
        let queryid = (number as i64).wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as i64).to_string();
        let labels = [
            ("database", "shop"),
            ("queryid", queryid.as_str()),
            ("role", "web"),
            ("toplevel", "true"),
        ];
        (Entity::of(labels), queryid)
    };
    for tick in 0..TICKS {
        let mut points = Vec::new();
        for number in 0..statements {
            let (entity, key) = entity(number);
            for measure in MEASURES {
                let value = ((number * 31 + measure as u64 * 7 + tick as u64) % 997 + 1) as f64;
                points.push(Point::new(&entity, Metric::increment(measure.as_str()), value));
            }
            if tick == 0 {
                recorder.text(StatementText {
                    cluster: "7".into(),
                    key,
                    text: format!("select column_{number}, name, price from products_{} where id = $1 order by price limit $2", number % 40),
                    fingerprint: format!("{:016x}", number % 5_000),
                    first_ms: end_ms,
                    last_ms: end_ms,
                });
            }
        }
        let at_ms = end_ms - (TICKS - 1 - tick) * EVERY_MS;
        recorder.append(&source(), at_ms, EVERY_MS as u32, points);
        history.flush().await.map_err(|e| e.to_string())?;
    }
    Ok(())
}
