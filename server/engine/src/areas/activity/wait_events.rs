//! What sessions wait for now, by name. Descriptions are those of `pg_wait_events` in PostgreSQL 17 and
//! 18 with what older majors have besides, kept in a file: asking a server for them would cost it a query.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use model::activity::wait_events::{WaitEvent, Waiter};
use model::activity::{Session, wait_class};

/// A line for each event: class, name, description, between tabs.
const DESCRIPTIONS: &str = include_str!("wait_events.tsv");

/// Descriptions by class and name, both in lower case: PostgreSQL 17 changed the case of many names.
static BY_NAME: LazyLock<HashMap<(String, String), &str>> = LazyLock::new(|| {
    let event = |line: &'static str| {
        let mut parts = line.splitn(3, '\t');
        let (class, name) = (parts.next()?, parts.next()?);
        Some(((class.to_ascii_lowercase(), name.to_ascii_lowercase()), parts.next()?))
    };
    DESCRIPTIONS.lines().filter_map(event).collect()
});

/// What an event means; None for an event that an extension or a later major has added.
pub fn description(class: &str, event: &str) -> Option<&'static str> {
    BY_NAME.get(&(class.to_ascii_lowercase(), event.to_ascii_lowercase())).copied()
}

/// Which kind of waiter a session is; None of one that has nothing to do and waits for nothing.
fn waiter(session: &Session) -> Option<Waiter> {
    if session.is_load() {
        return Some(Waiter::Busy);
    }
    session.wait_event_type.as_ref()?;
    Some(if session.is_client() { Waiter::Idle } else { Waiter::Background })
}

/// Sessions by what they wait for, busy ones first, then the most; pgdeck's own do not count.
pub fn wait_events(sessions: &[Session]) -> Vec<WaitEvent> {
    let mut counts: BTreeMap<(Waiter, &str, Option<&str>), i64> = BTreeMap::new();
    for session in sessions.iter().filter(|session| !session.own) {
        if let Some(waiter) = waiter(session) {
            let key = (waiter, wait_class(session), session.wait_event.as_deref());
            *counts.entry(key).or_default() += 1;
        }
    }
    let event = |((waiter, class, event), sessions): ((Waiter, &str, Option<&str>), i64)| {
        let said = match event {
            Some(name) => description(class, name),
            None => {
                Some("Running on a CPU, or waiting for something that PostgreSQL does not report")
            }
        };
        WaitEvent {
            waiter,
            class: class.to_owned(),
            event: event.map(str::to_owned),
            sessions,
            description: said.map(str::to_owned),
        }
    };
    let mut events: Vec<WaitEvent> = counts.into_iter().map(event).collect();
    events.sort_by_key(|event| (event.waiter, std::cmp::Reverse(event.sessions)));
    events
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(kind: &str, state: Option<&str>, wait: Option<(&str, &str)>) -> Session {
        Session {
            backend_type: Some(kind.into()),
            state: state.map(str::to_owned),
            wait_event_type: wait.map(|(class, _)| class.into()),
            wait_event: wait.map(|(_, event)| event.into()),
            ..Session::default()
        }
    }

    #[test]
    fn idle_clients_and_background_processes_stand_apart() {
        let read = Some(("Client", "ClientRead"));
        let lock = Some(("Lock", "transactionid"));
        let sessions = vec![
            session("client backend", Some("idle"), read),
            session("client backend", Some("idle in transaction"), read),
            session("client backend", Some("active"), lock),
            session("client backend", Some("active"), lock),
            session("parallel worker", Some("active"), None),
            session("checkpointer", None, Some(("Activity", "CheckpointerMain"))),
            session("walsender", Some("active"), Some(("Activity", "WalSenderMain"))),
            Session { own: true, ..session("client backend", Some("active"), None) },
        ];
        let events = wait_events(&sessions);
        let seen: Vec<_> = events
            .iter()
            .map(|e| (e.waiter, e.class.as_str(), e.event.as_deref(), e.sessions))
            .collect();
        let wanted = [
            (Waiter::Busy, "Lock", Some("transactionid"), 2),
            (Waiter::Busy, "CPU", None, 1),
            (Waiter::Idle, "Client", Some("ClientRead"), 2),
            (Waiter::Background, "Activity", Some("CheckpointerMain"), 1),
            (Waiter::Background, "Activity", Some("WalSenderMain"), 1),
        ];
        assert_eq!(seen, wanted);
        assert!(events.iter().all(|event| event.description.is_some()), "{events:?}");
    }

    #[test]
    fn an_event_has_the_same_description_in_the_case_of_every_major() {
        let old = description("IO", "BufFileRead");
        assert!(old.is_some_and(|text| text.contains("buffered file")), "{old:?}");
        assert_eq!(old, description("IO", "BuffileRead"));
        assert_eq!(description("Extension", "MyExtensionMain"), None);
    }
}
