//! What of a reading goes to the history store, and what comes back from it after a restart.

use std::panic::{AssertUnwindSafe, catch_unwind};

use history::{Blob, Source, StatementText};
use model::AreaName;
use model::server::Facts;

use super::Tick;
use crate::area::{Area, LookBack, Note};
use crate::stored_event::written;

/// Hands what the area keeps to the history store, which never waits.
pub(super) fn keep<A: Area>(tick: &Tick<'_>, value: &A::Value) {
    let Some(recorder) = tick.recorder else { return };
    let kept = AssertUnwindSafe(|| (A::points(value), A::points_every_ms(value), A::notes(value)));
    let Ok((points, every_ms, notes)) = catch_unwind(kept) else { return };
    let source = source(tick.facts, tick.server, A::NAME);
    if let Some(points) = points {
        recorder.append(&source, tick.now_ms, every_ms, points);
    }
    for note in notes {
        match note {
            Note::Text { key, text, fingerprint } => recorder.text(StatementText {
                cluster: source.cluster.clone(),
                key,
                text,
                fingerprint,
                first_ms: tick.now_ms,
                last_ms: tick.now_ms,
            }),
            Note::Gap { from_ms, to_ms, reason, detail } => {
                recorder.gap(&source, from_ms, to_ms, reason, detail);
            }
        }
    }
}

/// Gives an area what was known of the server when pgdeck last ran. False while the store does not say: what
/// is new could not be told then.
pub(super) async fn remembers<A: Area>(tick: &Tick<'_>, state: &mut A::State) -> bool {
    let Some(past) = tick.past.filter(|_| A::lacks_memory(state, tick.facts)) else { return true };
    match past.saved(&source(tick.facts, tick.server, A::NAME)).await {
        Some(saved) => {
            A::restore(state, tick.facts, saved);
            true
        }
        None => false,
    }
}

/// Hands events and the state that they lead to to the history store. Where there is no room for them the
/// area forgets what it knows: the next reading is compared with what was kept.
pub(super) fn keep_events<A: Area>(tick: &Tick<'_>, value: &A::Value, state: &mut A::State) {
    let Some(recorder) = tick.recorder else { return };
    let Some(bytes) = A::saved(state, tick.now_ms) else { return };
    let source = source(tick.facts, tick.server, A::NAME);
    let events = A::events(value).iter();
    let events: Vec<_> =
        events.map(|event| written(event, &source.cluster, &source.server)).collect();
    let lost = !events.is_empty();
    let blob = Blob { from_ms: tick.now_ms, to_ms: tick.now_ms, bytes };
    if !recorder.state(&source, blob, events) && lost {
        *state = A::State::default();
    }
}

/// What an area's history of a server is kept under: its cluster, so that it goes on after a failover.
pub fn source(facts: &Facts, server: &str, area: AreaName) -> Source {
    Source::new(facts.system_identifier.as_deref().unwrap_or_default(), server, area.as_str())
}

/// Lets the area compare the reading with the past. A comparison that panics loses nothing else.
pub(super) fn look_back<A: Area>(tick: &Tick<'_>, state: &mut A::State, value: &A::Value) {
    let of = |past| LookBack {
        past,
        planner: tick.planner.clone(),
        source: source(tick.facts, tick.server, A::NAME),
        limits: tick.limits,
        now_ms: tick.now_ms,
    };
    let back = tick.past.map(of);
    if catch_unwind(AssertUnwindSafe(|| A::look_back(state, value, back.as_ref()))).is_err() {
        tracing::error!(area = A::NAME.as_str(), "the comparison with the past failed");
    }
}
