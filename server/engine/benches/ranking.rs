//! What a page of the ranking costs with 100,000 statements in the window, none of them known before: first
//! page, another order, a page far behind, a search, a grouping; and the next page after the first one. Medians;
//! the sampler is not asked.
//!
//! `cargo bench -p engine --bench ranking [-- STATEMENTS]`

use std::sync::Arc;
use std::time::Instant;

use engine::areas::statements::ranking::kept::Kept;
use engine::areas::statements::ranking::{Asker, Store};
use history::{Entity, History, Metric, Point, Settings, Source, StatementText};
use model::statements::{Measure, Question};

const STATEMENTS: u64 = 100_000;
const TICKS: i64 = 6;
const EVERY_MS: i64 = 60_000;
const ROUNDS: usize = 5;
const NEXT: &str = "next page";
const MEASURES: [Measure; 6] = [
    Measure::Calls,
    Measure::Rows,
    Measure::ExecTime,
    Measure::ExecTimeSquares,
    Measure::SharedHit,
    Measure::SharedRead,
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
    let kept: Arc<Kept> = Arc::default();
    for (name, question) in questions(end_ms) {
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            let started = Instant::now();
            let store = Store::new(&history, source());
            // Another order or span is read, another page is not.
            let store = Some(if name == NEXT { store.keeping(kept.clone()) } else { store });
            let asker = Asker { value: None, question: &question, sees_text: true, store };
            let ranking = asker.rank().await.map_err(|e| format!("{e:?}"))?;
            let ranking = ranking.map_err(|e| format!("{e:?}"))?;
            times.push(started.elapsed().as_secs_f64() * 1_000.0);
            assert!(!ranking.rows.is_empty(), "{name}");
        }
        times.sort_by(f64::total_cmp);
        println!("{name:28} {:8.0} ms of {statements} statements", times[ROUNDS / 2]);
    }
    std::fs::remove_dir_all(&folder).map_err(|e| e.to_string())
}

fn source() -> Source {
    Source::new("7", "shop", "statements")
}

fn questions(end_ms: i64) -> Vec<(&'static str, Question)> {
    let all = || Question {
        from: (end_ms - TICKS * EVERY_MS).to_string(),
        to: (end_ms + 1).to_string(),
        ..Question::default()
    };
    vec![
        ("first page", all()),
        ("by blocks read", Question { sort: "-read".into(), ..all() }),
        ("page 1,000", Question { page: 1_000, ..all() }),
        ("search for a text", Question { q: "column_777".into(), ..all() }),
        (NEXT, Question { page: 1, ..all() }),
        ("by fingerprint", Question { group: "fingerprint".into(), ..all() }),
    ]
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
