//! Pages of a ranking of many statements: all of one window, whose statements are read once.

use std::sync::Arc;

use engine::areas::statements::ranking::kept::Kept;
use engine::areas::statements::ranking::{Asker, Store};
use history::{Entity, History, Metric, Point, Settings, Source};
use model::statements::question::PAGE_ROWS;
use model::statements::{Measure, Question, Ranking};

use crate::support::Result;

const STATEMENTS: usize = 2_500;
const AT_MS: i64 = 1_700_000_000_000;

fn source() -> Source {
    Source::new("7", "shop", "statements")
}

/// A tick in which each statement runs as often as its number says.
async fn tick(history: &History, at_ms: i64) -> Result {
    let points = (0..STATEMENTS).flat_map(|number| {
        let queryid = number.to_string();
        let labels =
            [("database", "d"), ("queryid", queryid.as_str()), ("role", "r"), ("toplevel", "true")];
        let entity = Entity::of(labels);
        [Measure::Calls, Measure::ExecTime].map(|measure| {
            Point::new(&entity, Metric::increment(measure.as_str()), (number + 1) as f64)
        })
    });
    history.recorder().append(&source(), at_ms, 10_000, points.collect());
    history.flush().await?;
    Ok(())
}

async fn rank(history: &History, question: &Question, kept: Option<&Arc<Kept>>) -> Result<Ranking> {
    let store = Store::new(history, source());
    let store = Some(match kept {
        Some(kept) => store.keeping(kept.clone()),
        None => store,
    });
    let asker = Asker { value: None, question, sees_text: true, store };
    asker.rank().await?.map_err(|reason| anyhow::anyhow!("{}", reason.message()))
}

fn question() -> Question {
    let (from, to) = ((AT_MS - 60_000).to_string(), (AT_MS + 60_000).to_string());
    Question { from, to, ..Question::default() }
}

async fn page(history: &History, page: usize, kept: Option<&Arc<Kept>>) -> Result<Ranking> {
    rank(history, &Question { page, ..question() }, kept).await
}

#[tokio::test]
async fn the_next_page_is_of_the_same_window_and_does_not_read_it_again() -> Result {
    let folder = tempfile::tempdir()?;
    let settings = Settings { background: false, ..Settings::default() };
    let history = History::open(&folder.path().join("history"), settings).await?;
    tick(&history, AT_MS).await?;
    let kept = Arc::default();
    let first = page(&history, 0, Some(&kept)).await?;
    assert_eq!((first.rows.len(), first.matching), (PAGE_ROWS, STATEMENTS));
    let second = page(&history, 1, None).await?;
    assert_eq!(page(&history, 1, Some(&kept)).await?, second);
    let number = |ranking: &Ranking, at: usize| ranking.rows.get(at).and_then(|row| row.queryid);
    assert_eq!(number(&first, 0), Some(STATEMENTS as i64 - 1), "the costliest comes first");
    assert_eq!(number(&second, 0), Some((STATEMENTS - PAGE_ROWS) as i64 - 1));
    // What comes to the window later is seen once it is read again.
    tick(&history, AT_MS + 10_000).await?;
    let total = |ranking: &Ranking| ranking.facts.total.get(Measure::Calls);
    assert_eq!(total(&page(&history, 2, Some(&kept)).await?), total(&first));
    assert_eq!(total(&page(&history, 2, None).await?), 2.0 * total(&first));
    Ok(())
}

#[tokio::test]
async fn another_order_a_search_and_a_grouping_are_of_what_was_read_for_the_first_page() -> Result {
    let folder = tempfile::tempdir()?;
    let settings = Settings { background: false, ..Settings::default() };
    let history = History::open(&folder.path().join("history"), settings).await?;
    tick(&history, AT_MS).await?;
    let kept = Arc::default();
    let all = question();
    let questions = [
        Question { sort: "-hit".into(), ..all.clone() },
        Question { sort: "mean".into(), ..all.clone() },
        Question { q: "77".into(), ..all.clone() },
        Question { role: "r".into(), page: 3, ..all.clone() },
        Question { group: "fingerprint".into(), ..all.clone() },
        Question { with: AT_MS.to_string(), sort: "-change-total".into(), ..all.clone() },
    ];
    let mut truth = Vec::new();
    for question in &questions {
        let ranking = rank(&history, question, None).await?;
        assert!(!ranking.rows.is_empty() && ranking.statements >= STATEMENTS, "{question:?}");
        truth.push(ranking);
    }
    rank(&history, &all, Some(&kept)).await?;
    let compared = rank(&history, &questions[5], Some(&kept)).await?;
    assert!(compared == truth[5] && matches!(compared.compared, Some(Ok(_))), "the first time");
    // Who reads now would find twice as much; only the sparklines are drawn anew.
    tick(&history, AT_MS + 10_000).await?;
    for (question, truth) in questions.iter().zip(truth) {
        let mut ranking = rank(&history, question, Some(&kept)).await?;
        for (row, truth) in ranking.rows.iter_mut().zip(&truth.rows) {
            row.spark.clone_from(&truth.spark);
        }
        assert_eq!(ranking, truth, "{question:?}");
    }
    Ok(())
}
