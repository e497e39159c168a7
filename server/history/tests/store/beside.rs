//! Events, statement texts and blobs come back as they were.

use history::{Blob, Event, StatementText};

use crate::workload::*;

over_both! {
    they_come_back,
}

fn event(cluster: &str, at_ms: i64) -> Event {
    Event {
        cluster: cluster.to_owned(),
        server: String::new(),
        at_ms,
        kind: "deploy".to_owned(),
        title: "release 42 <script>'".to_owned(),
        detail: serde_json::json!({ "by": "ci", "at": at_ms }),
    }
}

pub async fn they_come_back(place: Place) {
    let history = place.open(QUIET).await;
    let recorder = history.recorder();
    for event in [event("7", 2_000), event("", 1_000), event("8", 1_500), event("7", 9_000)] {
        recorder.event(event);
    }
    let text = StatementText {
        cluster: "7".to_owned(),
        key: "-12".to_owned(),
        text: "select * from Orders where id = $1".to_owned(),
        fingerprint: "fp".to_owned(),
        first_ms: 5,
        last_ms: 5,
    };
    recorder.text(text.clone());
    recorder.text(StatementText { first_ms: 9, last_ms: 9, ..text.clone() });
    let blob = Blob { from_ms: 10, to_ms: 20, bytes: vec![0, 1, 2, 255] };
    recorder.blob(&source(), blob.clone());
    history.flush().await.unwrap();

    let events = history.events("7", 0, 9_000).await.unwrap();
    assert_eq!(events, [event("", 1_000), event("7", 2_000)]);
    let known = StatementText { last_ms: 9, ..text };
    assert_eq!(history.texts("7", &["-12", "x"]).await.unwrap(), std::slice::from_ref(&known));
    assert_eq!(history.find_texts("7", "ORDERS", 9).await.unwrap(), [known]);
    assert!(history.find_texts("7", "%", 9).await.unwrap().is_empty());
    assert!(history.texts("8", &["-12"]).await.unwrap().is_empty());
    assert_eq!(history.blobs(&source(), 0, 11).await.unwrap(), [blob]);
    assert!(history.blobs(&source(), 21, 30).await.unwrap().is_empty());
}
