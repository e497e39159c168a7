//! The event stream (SSE) at `/live`: permissions, events of all areas, end at graceful shutdown.

use std::time::Duration;

use futures::StreamExt;

use crate::common::{PASSWORD, Running, add_user, cookie};

const STREAM: &str = "/live?server=shop&area=activity&area=overview";

/// The first three events.
async fn first_events(answer: reqwest::Response) -> String {
    let mut chunks = answer.bytes_stream();
    let mut text = String::new();
    while text.matches("\n\n").count() < 3 {
        let chunk = tokio::time::timeout(Duration::from_secs(60), chunks.next())
            .await
            .unwrap()
            .unwrap()
            .unwrap();
        text.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    text
}

#[tokio::test]
async fn one_stream_carries_all_areas_as_json() {
    let pgdeck = Running::start(&[], |_| {});
    let cookie = pgdeck.sign_in_by_link().await;
    let answer = pgdeck
        .get(STREAM)
        .header("cookie", &cookie)
        .header("accept-encoding", "br")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    assert!(answer.headers().get("content-encoding").is_none());
    let text = first_events(answer).await;
    let events: Vec<&str> =
        text.split("\n\n").filter(|event| event.starts_with("event: ")).collect();
    assert!(events.len() >= 2, "{text}");
    for area in ["activity", "overview"] {
        let event =
            events.iter().find(|event| event.starts_with(&format!("event: {area}\n"))).expect(area);
        let json = event.split("\ndata: ").nth(1).unwrap();
        let latest: serde_json::Value = serde_json::from_str(json).unwrap();
        assert!(latest["every_ms"].is_number(), "{json}");
    }
}

#[tokio::test]
async fn a_stream_is_for_those_who_may_see_the_server() {
    let pgdeck = Running::start(&[], |data_dir| {
        add_user(data_dir, "eve", &["--role", "viewer", "--server", "other"]);
    });
    let eve = cookie(&pgdeck.sign_in("eve", PASSWORD).await);
    let local = pgdeck.sign_in_by_link().await;
    let status = async |path: &str, cookie: &str| {
        pgdeck.get(path).header("cookie", cookie).send().await.unwrap().status().as_u16()
    };
    assert_eq!(status(STREAM, "none=1").await, 401);
    assert_eq!(status(STREAM, &eve).await, 404, "the same as for a server that does not exist");
    assert_eq!(status("/live?server=nothing&area=activity", &local).await, 404);
    assert_eq!(status("/live?server=shop", &local).await, 400);
    assert_eq!(status("/live?server=shop&area=everything", &local).await, 400);
    assert_eq!(status(STREAM, &local).await, 200);
}

#[tokio::test]
async fn an_open_stream_does_not_block_graceful_shutdown() {
    let pgdeck = Running::start(&[], |_| {});
    let cookie = pgdeck.sign_in_by_link().await;
    let answer = pgdeck.get(STREAM).header("cookie", &cookie).send().await.unwrap();
    let mut chunks = answer.bytes_stream();
    assert!(chunks.next().await.unwrap().is_ok());
    let metrics = pgdeck.get("/metrics").send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("pgdeck_viewers 1\n"), "{metrics}");
    let (code, log) = tokio::task::spawn_blocking(move || pgdeck.terminate()).await.unwrap();
    assert_eq!(code, 0, "{log}");
    // What the server logs when the shutdown timeout has passed.
    assert!(!log.contains("requests took too long to end"), "{log}");
    let mut text = String::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.expect("the stream ends in order");
        text.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    assert!(text.ends_with("event: stopping\ndata:\n\n"), "it says why: {text}");
}
