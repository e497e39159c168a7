//! The latency of a statement from the server's log: through the store, every run that was counted is in it.

use engine::area::Area;
use engine::areas::log::{LogArea, State};
use engine::areas::statements::StatementsArea;
use engine::areas::statements::ranking::{Asker, Store, latency};
use engine::now_ms;
use history::{History, Settings, Source};
use model::latency::bucket;
use model::statements::{Question, Statements};
use playground::ServerOptions;

use super::harness::{COUNTED, Reader, run, started};
use crate::support::observed::Observed;
use crate::support::{PATIENCE, Result};

/// Runs of the statement.
const RUNS: u32 = 40;

#[tokio::test]
async fn every_run_that_is_counted_is_in_the_histogram() -> Result {
    let options = ServerOptions::new(17)
        .setting("logging_collector", "on")
        .setting("log_destination", "jsonlog")
        .setting("log_min_duration_statement", "0");
    let server = started(options, None).await?;
    let settings = Settings { background: false, ..Settings::default() };
    let history = History::open(&server.data_dir().join("history.sqlite"), settings).await?;
    let source = |area: &str| Source::new("7", "shop", area);
    let (mut reader, mut state) = (Reader::open(&server.dsn()).await?, State::default());
    let mut log = Observed::open(&server.dsn()).await?;
    let from_ms = now_ms();
    reader.read().await?;
    LogArea::collect(&mut log.observer, &log.facts, &mut state, now_ms()).await?;
    let mut session = server.connect().await?;
    run(&mut session, COUNTED, RUNS).await?;
    let value = reader.read().await?;
    let at_ms = value.entries.as_ref().map_or(0, |entries| entries.at_ms);
    let points = StatementsArea::points(&value).unwrap_or_default();
    history.recorder().append(&source("statements"), at_ms, 10_000, points);
    let queryid = counted(&value)?;
    let deadline = std::time::Instant::now() + PATIENCE;
    let mut found = 0;
    while found < RUNS as usize {
        anyhow::ensure!(std::time::Instant::now() < deadline, "{found} runs in the log");
        let now = now_ms();
        let read = LogArea::collect(&mut log.observer, &log.facts, &mut state, now).await?;
        found += read.runs.iter().filter(|run| run.query_id == Some(queryid)).count();
        let points = LogArea::points(&read).unwrap_or_default();
        history.recorder().append(&source("log"), now, 5_000, points);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    history.flush().await?;
    let question = Question {
        from: from_ms.to_string(),
        to: (now_ms() + 1).to_string(),
        ..Question::default()
    };
    let store = || Store::new(&history, source("statements"));
    let asker =
        Asker { value: Some(&value), question: &question, sees_text: true, store: Some(store()) };
    let detail = asker.detail(queryid).await?;
    let (detail, _) = detail.map_err(|reason| anyhow::anyhow!("{}", reason.message()))?;
    let latency = latency::read(&store(), (&detail, true), (None, None)).await?;
    let logged = latency.logged.map_err(|reason| anyhow::anyhow!("{}", reason.message()))?;
    assert_eq!((logged.seen, logged.total()), (f64::from(RUNS), Some(f64::from(RUNS))));
    assert_eq!(logged.told_from, 0);
    let short: f64 = logged.counts.iter().take(bucket(1_000.0)).sum();
    assert_eq!(short, f64::from(RUNS), "all of them are short");
    assert!(latency.sampled.is_err_and(|reason| reason.is_nothing()), "nothing was sampled");
    assert!(latency.logged_basis.concat().contains("any duration"), "{:?}", latency.logged_basis);
    Ok(())
}

fn counted(value: &Statements) -> Result<i64> {
    let text = value.texts.iter().find(|text| text.text.contains("as counted"));
    Ok(text.ok_or_else(|| anyhow::anyhow!("{:#?}", value.texts))?.queryid)
}
