//! The form of an event in the history store.

use model::Event;
use serde_json::json;

/// An event in the form of the store.
pub fn written(event: &Event, cluster: &str, server: &str) -> history::Event {
    history::Event {
        cluster: cluster.to_owned(),
        server: server.to_owned(),
        at_ms: event.at_ms,
        kind: event.kind.as_str().to_owned(),
        title: event.title.clone(),
        detail: detail(event),
    }
}

fn detail(event: &Event) -> serde_json::Value {
    let mut detail = json!({ "since_ms": event.since_ms, "lines": event.detail });
    if let Some(statement) = event.statement {
        // As text: JSON's readers differ in how many digits of a number they keep.
        detail["statement"] = statement.to_string().into();
    }
    detail
}

/// An event from the store; None for a kind that a newer pgdeck has written.
pub fn read(stored: history::Event) -> Option<Event> {
    let kind = stored.kind.parse().ok()?;
    let lines = stored.detail.get("lines").and_then(|lines| lines.as_array());
    let words = |line: &serde_json::Value| line.as_str().map(str::to_owned);
    Some(Event {
        at_ms: stored.at_ms,
        since_ms: stored.detail.get("since_ms").and_then(serde_json::Value::as_i64),
        kind,
        title: stored.title,
        detail: lines.into_iter().flatten().filter_map(words).collect(),
        statement: stored.detail.get("statement").and_then(words).and_then(|id| id.parse().ok()),
    })
}

#[cfg(test)]
mod tests {
    use model::EventKind;

    use super::*;

    #[test]
    fn an_event_comes_back_from_the_store_as_it_was() {
        let event = Event {
            at_ms: 2,
            since_ms: Some(1),
            kind: EventKind::Setting,
            title: "work_mem: 4MB → \"<b>\"".into(),
            detail: vec!["a\nb".into(), String::new()],
            statement: Some(i64::MIN + 1),
        };
        assert_eq!(read(written(&event, "1", "a")), Some(event.clone()));
        let exact = Event { since_ms: None, detail: vec![], ..event };
        assert_eq!(read(written(&exact, "", "")), Some(exact.clone()));
        let newer = history::Event { kind: "eclipse".into(), ..written(&exact, "", "") };
        assert_eq!(read(newer), None);
    }
}
