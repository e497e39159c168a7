//! What a source knows: one blob, written together with the events that led to it.

use history::{Blob, Event, History, Settings, Source};

fn event(title: &str) -> Event {
    Event {
        cluster: "7".to_owned(),
        server: "shop".to_owned(),
        at_ms: 5,
        kind: "ddl".to_owned(),
        title: title.to_owned(),
        detail: serde_json::json!({}),
    }
}

fn blob(at_ms: i64, bytes: &[u8]) -> Blob {
    Blob { from_ms: at_ms, to_ms: at_ms, bytes: bytes.to_vec() }
}

#[tokio::test]
async fn the_newest_state_is_kept_with_its_events_or_neither_is() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { background: false, buffer: 100, ..Settings::default() };
    let history = History::open(&folder.path().join("h.sqlite"), settings).await.unwrap();
    let (recorder, source) = (history.recorder(), Source::new("7", "shop", "changes"));
    let other = Source::new("7", "other", "changes");
    assert_eq!(history.state(&source).await.unwrap(), None);
    assert!(recorder.state(&source, blob(1, b"one"), vec![]));
    assert!(recorder.state(&other, blob(1, b"other"), vec![]));
    assert!(recorder.state(&source, blob(2, b"two"), vec![event("a"), event("b")]));
    history.flush().await.unwrap();
    assert_eq!(history.state(&source).await.unwrap(), Some(blob(2, b"two")));
    assert!(recorder.state(&source, blob(3, b"two"), vec![]));
    history.flush().await.unwrap();
    assert_eq!(history.state(&source).await.unwrap(), Some(blob(3, b"two")), "only its time");
    assert_eq!(history.state(&other).await.unwrap(), Some(blob(1, b"other")));
    assert_eq!(history.blobs(&source, 0, 10).await.unwrap().len(), 1, "it takes the place");

    assert!(!recorder.state(&source, blob(4, &[0; 50_000]), vec![event("lost")]), "no room");
    assert!(recorder.state(&source, blob(5, b"small"), vec![event("c")]));
    history.flush().await.unwrap();
    let events = history.events("7", 0, 10).await.unwrap();
    let titles: Vec<&str> = events.iter().map(|event| event.title.as_str()).collect();
    assert_eq!(titles, ["a", "b", "c"]);
    assert_eq!(history.state(&source).await.unwrap(), Some(blob(5, b"small")));
}
