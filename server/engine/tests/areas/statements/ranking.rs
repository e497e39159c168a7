//! The ranking of a window on real servers: its calls are the calls that were executed, and what was lost is
//! said.

use engine::area::{Area, Note};
use engine::areas::activity::ActivityArea;
use engine::areas::statements::StatementsArea;
use engine::areas::statements::ranking::{Asker, Store};
use engine::now_ms;
use engine::sampled::BY_TAG;
use history::{History, Point, Settings, Source, StatementText};
use model::statements::explain::explain;
use model::statements::{Change, Detail, Measure, Question, Rank, Ranking, Statements};
use playground::{Server, ServerOptions};

use super::harness::{COUNTED, OTHER, Reader, run, run_in_three, started};
use crate::support::observed::Observed;
use crate::support::{PATIENCE, Result};

const NESTED: &str = "select 1 as \"Nested\", 'secret-4711' as t from ledger.kept limit 1";

/// A server, its readings, and the store that they go to.
struct Watched {
    server: Server,
    reader: Reader,
    history: History,
    source: Source,
    value: Statements,
}

impl Watched {
    async fn start(major: u16) -> Result<Self> {
        let server = started(ServerOptions::new(major), None).await?;
        server.exec("create schema ledger create table kept (n int)").await?;
        server.exec("insert into ledger.kept values (1)").await?;
        let mut reader = Reader::open(&server.dsn()).await?;
        let file = server.data_dir().join("history.sqlite");
        let settings = Settings { background: false, ..Settings::default() };
        let history = History::open(&file, settings).await?;
        let value = reader.read().await?;
        let source = Source::new("7", "shop", "statements");
        Ok(Self { server, reader, history, source, value })
    }

    /// Reads once more, as the sampler does; gives the time of the reading.
    async fn read(&mut self) -> Result<i64> {
        self.value = self.reader.read().await?;
        let at_ms = self.value.entries.as_ref().map_or(now_ms(), |entries| entries.at_ms);
        let recorder = self.history.recorder();
        if let Some(points) = StatementsArea::points(&self.value) {
            let every_ms = StatementsArea::points_every_ms(&self.value);
            recorder.append(&self.source, at_ms, every_ms, points);
        }
        for note in StatementsArea::notes(&self.value) {
            match note {
                Note::Text { key, text, fingerprint } => recorder.text(StatementText {
                    cluster: "7".into(),
                    key,
                    text,
                    fingerprint,
                    first_ms: at_ms,
                    last_ms: at_ms,
                }),
                Note::Gap { from_ms, to_ms, reason, detail } => {
                    recorder.gap(&self.source, from_ms, to_ms, reason, detail);
                }
            }
        }
        self.history.flush().await?;
        Ok(at_ms)
    }

    fn asker<'a>(&'a self, question: &'a Question, sees_text: bool) -> Asker<'a> {
        let store = Some(Store::new(&self.history, self.source.clone()));
        Asker { value: Some(&self.value), question, sees_text, store }
    }

    async fn rank(&self, question: &Question) -> Result<Ranking> {
        let ranking = self.asker(question, true).rank().await?;
        ranking.map_err(|reason| anyhow::anyhow!("{}", reason.message()))
    }

    async fn detail(&self, queryid: i64, question: &Question) -> Result<(Detail, f64)> {
        let found = self.asker(question, true).detail(queryid).await?;
        let (detail, moments) = found.map_err(|reason| anyhow::anyhow!("{}", reason.message()))?;
        let sums = moments.iter().filter_map(|(_, moment)| moment.as_ref());
        Ok((detail, sums.map(|(_, sums)| sums.get(Measure::Calls)).sum()))
    }
}

fn between(from_ms: i64, to_ms: i64) -> Question {
    // From the reading before, which is not of the window, to the last, which is.
    Question { from: (from_ms + 1).to_string(), to: (to_ms + 1).to_string(), ..Question::default() }
}

fn with_text<'a>(ranking: &'a Ranking, words: &str) -> Result<&'a Rank> {
    let found = |rank: &&Rank| rank.text.as_deref().is_some_and(|text| text.contains(words));
    let rank = ranking.rows.iter().find(found);
    rank.ok_or_else(|| anyhow::anyhow!("{words}: {:#?}", ranking.rows))
}

fn calls(rank: &Rank) -> f64 {
    rank.sums.get(Measure::Calls)
}

/// So long that a window is one.
async fn a_while() {
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
}

async fn a_window_says_what_was_done(major: u16) -> Result {
    let mut watched = Watched::start(major).await?;
    let begin = now_ms() - 1_000;
    let mut session = watched.server.connect().await?;
    run_in_three(&watched.server, COUNTED, 40).await?;
    run(&mut session, NESTED, 3).await?;
    let middle = watched.read().await?;
    a_while().await;
    run_in_three(&watched.server, COUNTED, 10).await?;
    run(&mut session, OTHER, 15).await?;
    a_while().await;
    let end = watched.read().await?;

    // Over all of it, and over its later part.
    let all = watched.rank(&between(begin, end)).await?;
    let queryid = all.rows.iter().find(|rank| calls(rank) == 150.0).and_then(|rank| rank.queryid);
    let queryid = queryid.ok_or_else(|| anyhow::anyhow!("{major}: {all:#?}"))?;
    assert_eq!(calls(with_text(&all, "as other")?), 15.0, "{major}");
    assert!(all.facts.total.get(Measure::Calls) >= 168.0, "{major}: {:?}", all.facts);
    assert!(
        all.rows
            .iter()
            .all(|rank| { rank.text.as_deref().is_none_or(|text| !text.contains("4711")) }),
        "{major}"
    );
    let row = all.rows.iter().find(|rank| rank.queryid == Some(queryid));
    let row = row.ok_or_else(|| anyhow::anyhow!("{queryid}"))?;
    let (mean, deviation) = (row.sums.mean_ms(), row.sums.stddev_ms());
    assert!(mean > Some(0.0) && deviation > Some(0.0) && row.max_ms >= mean, "{major}: {row:?}");
    assert!(row.spark.iter().flatten().sum::<f64>() > 0.0, "{major}: {row:?}");
    let later = watched.rank(&between(middle, end)).await?;
    assert_eq!(calls(with_text(&later, "as other")?), 15.0, "{major}");

    compared(&watched, (begin, middle, end), queryid).await?;
    tagged(&mut watched, major).await?;
    narrowed(&watched, (begin, end), queryid).await?;
    let (detail, of_series) = watched.detail(queryid, &between(begin, end)).await?;
    assert_eq!((calls(&detail.rank), of_series), (150.0, 150.0), "{major}: {detail:#?}");
    assert!(detail.fingerprint.is_some(), "{major}: {detail:#?}");

    explained(&watched, with_text(&all, "as other")?, major).await?;

    // A reset is a loss, and what came after it counts.
    watched.server.exec("select pg_stat_statements_reset()").await?;
    run_in_three(&watched.server, COUNTED, 7).await?;
    let reset = watched.read().await?;
    let after = watched.rank(&between(begin, reset)).await?;
    let row = after.rows.iter().find(|rank| rank.queryid == Some(queryid));
    assert_eq!(row.map(calls), Some(171.0), "{major}: {after:#?}");
    assert!(row.is_some_and(|rank| rank.bound == model::statements::Bound::LowerBound), "{row:?}");
    let causes: Vec<&str> = after.facts.losses.iter().map(|loss| loss.cause.as_str()).collect();
    assert!(causes.iter().any(|cause| cause.contains("reset")), "{major}: {causes:?}");
    Ok(())
}

const TAGGED: &str = "select pg_catalog.pg_advisory_lock(4711) as waited /*controller='orders',traceparent='00-4bf9-01'*/";

/// A session that is met running a statement says its tags.
async fn tagged(watched: &mut Watched, major: u16) -> Result {
    let mut server = Observed::open(&watched.server.dsn()).await?;
    let mut state = Default::default();
    let begin = now_ms() - 1_000;
    // It runs until it has been met.
    let mut holder = watched.server.connect().await?;
    run(&mut holder, "begin; select pg_advisory_xact_lock(4711)", 1).await?;
    let mut session = watched.server.connect().await?;
    let waiting = tokio::spawn(async move { run(&mut session, TAGGED, 1).await });
    let started = std::time::Instant::now();
    let source = Source::new("7", "shop", "activity");
    let is_tagged = |points: &[Point]| points.iter().any(|p| p.metric == BY_TAG);
    loop {
        let read = ActivityArea::collect(&mut server.observer, &server.facts, &mut state, now_ms())
            .await?;
        let points = ActivityArea::points(&read).unwrap_or_default();
        if is_tagged(&points) {
            watched.history.recorder().append(&source, now_ms(), 1_000, points);
            break;
        }
        anyhow::ensure!(started.elapsed() < PATIENCE, "{major}: no tag was seen: {read:?}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    run(&mut holder, "commit", 1).await?;
    waiting.await??;
    let end = watched.read().await?;
    let question = Question { tag: "controller:orders".into(), ..between(begin, end) };
    let ranking = watched.rank(&question).await?;
    assert_eq!((ranking.matching, &ranking.tags), (1, &vec!["controller".to_owned()]), "{major}");
    assert_eq!(ranking.rows.first().map(calls), Some(1.0), "{major}: {ranking:#?}");
    let question = Question { group: "tag:controller".into(), ..between(begin, end) };
    let groups = watched.rank(&question).await?;
    let group = groups.rows.iter().find(|rank| rank.label == "controller:orders");
    assert_eq!(group.map(calls), Some(1.0), "{major}: {groups:#?}");
    let queryid = ranking.rows.first().and_then(|rank| rank.queryid).unwrap_or_default();
    let (detail, _) = watched.detail(queryid, &between(begin, end)).await?;
    assert_eq!(detail.tags, [("controller:orders".to_owned(), 1.0)], "{major}");
    assert!(
        detail.waits.iter().any(|(wait, s)| wait == "Lock: advisory" && *s > 0.0),
        "{detail:#?}"
    );
    Ok(())
}

/// What is offered for copying runs as it is, on every major.
async fn explained(watched: &Watched, rank: &Rank, major: u16) -> Result {
    let text = rank.text.as_deref().unwrap_or_default();
    assert!(text.contains('$'), "it has parameters: {text}");
    let sql = explain(text, major).ok_or_else(|| anyhow::anyhow!("{text}"))?;
    let mut session = watched.server.connect().await?;
    let rows = sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).fetch_all(&mut session).await?;
    assert!(!rows.is_empty(), "{major}: no plan of {text}");
    Ok(())
}

async fn compared(watched: &Watched, times: (i64, i64, i64), queryid: i64) -> Result {
    let (begin, middle, end) = times;
    let with = (begin + 1).to_string();
    let question = Question { with, sort: "change-calls".into(), ..between(middle, end) };
    let ranking = watched.rank(&question).await?;
    assert!(matches!(ranking.compared, Some(Ok(_))), "{ranking:#?}");
    assert_eq!(with_text(&ranking, "as other")?.change, Change::New);
    assert_eq!(with_text(&ranking, "Nested")?.change, Change::Gone);
    let row = ranking.rows.first();
    assert_eq!(row.and_then(|rank| rank.queryid), Some(queryid), "it changed most: {ranking:#?}");
    assert_eq!(row.map(|rank| rank.change), Some(Change::Both));
    // Of a time that nobody watched nothing is said to be new.
    let question = Question { with: "week".into(), ..between(middle, end) };
    let ranking = watched.rank(&question).await?;
    assert!(matches!(ranking.compared, Some(Err(_))), "{ranking:#?}");
    assert!(ranking.rows.iter().all(|rank| rank.change == Change::Both));
    Ok(())
}

async fn narrowed(watched: &Watched, (begin, end): (i64, i64), queryid: i64) -> Result {
    let all = || between(begin, end);
    let found = |q: &str| Question { q: q.to_owned(), ..all() };
    assert_eq!(watched.rank(&found("AS OTHER")).await?.matching, 1);
    assert_eq!(watched.rank(&found(&queryid.to_string())).await?.matching, 1);
    assert_eq!(watched.rank(&found("no such words")).await?.matching, 0);
    let none = Question { database: "nowhere".into(), ..all() };
    assert_eq!(watched.rank(&none).await?.matching, 0);
    let of_table = Question { table: "ledger.kept".into(), ..all() };
    let ranking = watched.rank(&of_table).await?;
    assert_eq!(ranking.matching, 1, "{ranking:#?}");
    assert_eq!(calls(with_text(&ranking, "Nested")?), 3.0);
    let groups = watched.rank(&Question { group: "table".into(), ..all() }).await?;
    let group = groups.rows.iter().find(|rank| rank.label == "ledger.kept");
    assert_eq!(group.map(calls), Some(3.0), "{groups:#?}");
    let prints = watched.rank(&Question { group: "fingerprint".into(), ..all() }).await?;
    assert!(prints.rows.iter().any(|rank| calls(rank) >= 150.0), "{prints:#?}");
    // Somebody who may not see texts finds nothing out by searching.
    let question = found("as other");
    let hidden = watched.asker(&question, false).rank().await?;
    let hidden = hidden.map_err(|reason| anyhow::anyhow!("{}", reason.message()))?;
    assert_eq!((hidden.matching, hidden.notes.len()), (0, 1), "{hidden:#?}");
    let question = all();
    let hidden = watched.asker(&question, false).rank().await?;
    let hidden = hidden.map_err(|reason| anyhow::anyhow!("{}", reason.message()))?;
    assert!(hidden.rows.iter().all(|rank| rank.text.is_none()));
    // Without a store the last minutes are answered from memory.
    let live = Question::default();
    let asker = Asker { store: None, ..watched.asker(&live, true) };
    let ranking = asker.rank().await?.map_err(|reason| anyhow::anyhow!("{}", reason.message()))?;
    let row = ranking.rows.iter().find(|rank| rank.queryid == Some(queryid));
    assert_eq!(row.map(calls), Some(150.0), "{ranking:#?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_window_says_what_was_done_on_14() -> Result {
    a_window_says_what_was_done(14).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_window_says_what_was_done_on_18() -> Result {
    a_window_says_what_was_done(18).await
}
