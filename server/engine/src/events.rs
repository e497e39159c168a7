//! The line of events of a server: what the history store holds of it, with the gaps of the recording.

use history::{Gap, GapReason, History, MOST_EVENTS, Source};
use model::{Event, EventKind, Events, ServerId};

use crate::engine::Engine;
use crate::past::unreadable;
use crate::stored_event::read;

/// The most events that a page is given; the newest.
const MOST: usize = 500;
/// A gap that is shorter is none worth a line, ms.
const LEAST_GAP_MS: i64 = 60_000;

impl Engine {
    /// The events of a server from `from_ms` to `to_ms`, in the order of time; the newest where there are
    /// many. Empty for a server that is not watched.
    ///
    /// Errors: a sentence, when the store cannot be read.
    pub async fn events(&self, id: &ServerId, from_ms: i64, to_ms: i64) -> Result<Events, String> {
        let (Some(past), Some(server)) = (self.past(), self.server(id)) else {
            return Ok(Events::default());
        };
        let cluster = server.facts().and_then(|facts| facts.system_identifier).unwrap_or_default();
        let found = of_server(past, (&cluster, id), (from_ms, to_ms)).await;
        let notes = server.store.untold();
        found.map(|found| Events { notes, ..found }).map_err(|error| unreadable(&error))
    }
}

async fn of_server(
    past: &History,
    (cluster, id): (&str, &ServerId),
    (from_ms, to_ms): (i64, i64),
) -> Result<Events, history::Error> {
    let stored = past.events(cluster, from_ms, to_ms).await?;
    let has_more = stored.len() >= MOST_EVENTS;
    let is_ours = |event: &history::Event| ["", id.as_str()].contains(&event.server.as_str());
    let mut events: Vec<Event> = stored.into_iter().filter(is_ours).filter_map(read).collect();
    // The area that is read the most often knows the best when nothing was read.
    let area = crate::areas::ALL.iter().min_by_key(|area| area.every_ms);
    let source = Source::new(cluster, id.as_str(), area.map_or("", |area| area.name.as_str()));
    let gaps = past.gaps(&source, from_ms, to_ms).await?;
    events.extend(gaps.iter().filter(|gap| gap.to_ms - gap.from_ms >= LEAST_GAP_MS).map(of_gap));
    events.sort_by_key(|event| event.at_ms);
    let too_many = events.len().saturating_sub(MOST);
    events.drain(..too_many);
    Ok(Events { events, has_more: has_more || too_many > 0, is_kept: true, notes: Vec::new() })
}

/// A gap of the recording as an event: it lasts, from `since_ms` to `at_ms`.
fn of_gap(gap: &Gap) -> Event {
    let title = match gap.reason {
        GapReason::NotRunning => "pgdeck was not running",
        GapReason::NotRead => "Nothing could be read from the server",
        GapReason::NotKept => "Readings could not be recorded",
        GapReason::ClockForward => "The clock was set forward",
        GapReason::ClockBack => "The clock was set back",
        GapReason::Corrupt => "Recorded readings are damaged",
        GapReason::Reset => "Counters were set back",
    };
    let detail = Some(gap.detail.clone()).filter(|detail| !detail.is_empty());
    Event {
        at_ms: gap.to_ms,
        since_ms: Some(gap.from_ms),
        kind: EventKind::Gap,
        title: title.to_owned(),
        detail: detail.into_iter().collect(),
        statement: None,
    }
}
