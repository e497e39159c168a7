//! Runs of statements from sample to sample: the server says when one has ended.

use std::time::{Duration, Instant};

use engine::area::Area;
use engine::areas::activity::{ActivityArea, State};
use engine::now_ms;
use model::activity::Activity;

use crate::support::observed::Observed;
use crate::support::{PATIENCE, Result, monitored};

#[tokio::test]
async fn a_run_is_as_long_as_the_server_says() -> Result {
    let server = monitored(17).await?;
    let (mut watched, mut state) = (Observed::open(&server.dsn()).await?, State::default());
    let mut client = server.connect().await?;
    let running = tokio::spawn(async move {
        let started = Instant::now();
        sqlx::raw_sql("select pg_sleep(1.2) as measured").execute(&mut client).await?;
        Ok::<_, anyhow::Error>((started.elapsed(), client))
    });
    let deadline = Instant::now() + PATIENCE;
    let (mut met, mut ended) = (Vec::new(), Vec::new());
    while ended.is_empty() {
        anyhow::ensure!(Instant::now() < deadline, "met {met:?}");
        let Observed { observer, facts, .. } = &mut watched;
        let value: Activity = ActivityArea::collect(observer, facts, &mut state, now_ms()).await?;
        let ours = |query_id: i64| {
            let mut sessions = value.sessions.iter();
            let session = sessions.find(|session| session.query_id == Some(query_id));
            session.and_then(|s| s.query.as_deref()).is_some_and(|q| q.contains("as measured"))
        };
        met.extend(value.runs.met.iter().filter(|(id, _)| ours(*id)));
        ended.extend(value.runs.ended.iter().filter(|(id, _)| ours(*id)));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let (elapsed, _client) = running.await??;
    assert_eq!((met.len(), ended.len()), (1, 1), "met once, ended once: {met:?}");
    let took_ms = ended.first().map_or(0.0, |(_, ms)| *ms);
    assert!(took_ms >= 1_200.0, "{took_ms}");
    assert!(took_ms <= elapsed.as_secs_f64() * 1_000.0, "{took_ms} ms, {elapsed:?}");
    Ok(())
}
