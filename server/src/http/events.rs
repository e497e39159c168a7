//! The event stream (server-sent events, SSE) at `/live`: one per browser tab, with all areas its page shows.
//!
//! The engine serialises a reading once; its bytes are shared by all viewers, never copied or compressed
//! per viewer. A slow viewer skips readings: there is no queue that could grow.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::stream::{self, Stream, StreamExt};
use model::{AreaName, Permission, ServerId, User};
use tokio::sync::watch;
use tokio::time::{Instant, interval_at};
use tokio_stream::wrappers::{IntervalStream, WatchStream};

use super::middleware::authenticate::{CurrentUser, session_id};
use super::response;
use super::state::AppState;
use crate::auth::sessions::IdleTimeout;

/// Interval of keep-alive events, by which a page sees within five seconds that pgdeck is frozen
/// (docs/limits.md#frozen), and which keep reverse proxies from closing an idle stream.
const KEEP_ALIVE: Duration = Duration::from_secs(2);
/// Interval at which the viewer's session is checked: who is signed out or removed sees nothing more after
/// five seconds (`docs/limits.md#sessions`). It reads one row of a local file by its key.
const SESSION_CHECK: Duration = Duration::from_secs(4);
/// Limit of open streams, over all viewers.
const MAX_STREAMS: u64 = 2_000;
/// Limit of one person's: a tab has one.
pub const MAX_STREAMS_OF_A_PERSON: u64 = 200;
/// The SSE reconnection time for the browser's EventSource, ms.
const RETRY: &str = "retry: 1000\n\n";

/// The serialised bytes of a reading, shared with the engine.
struct FrameBytes(Arc<str>);

impl AsRef<[u8]> for FrameBytes {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

type Chunks = Pin<Box<dyn Stream<Item = Vec<Bytes>> + Send>>;

/// Counts an open stream until it is dropped.
struct OpenStream {
    state: AppState,
    person: String,
}

impl OpenStream {
    fn open(state: AppState, person: &str) -> Option<Self> {
        let viewers = &state.0.viewers;
        let mut people = viewers.people.lock().unwrap_or_else(PoisonError::into_inner);
        let own = people.entry(person.to_owned()).or_default();
        if *own >= MAX_STREAMS_OF_A_PERSON || viewers.open.load(Ordering::Relaxed) >= MAX_STREAMS {
            return None;
        }
        *own += 1;
        viewers.open.fetch_add(1, Ordering::Relaxed);
        drop(people);
        Some(Self { state, person: person.to_owned() })
    }

    fn sent(&self, bytes: usize) {
        self.state.0.viewers.sent_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        let viewers = &self.state.0.viewers;
        viewers.open.fetch_sub(1, Ordering::Relaxed);
        let mut people = viewers.people.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = people.get_mut(&self.person) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                people.remove(&self.person);
            }
        }
    }
}

/// `GET /live?server=…&area=…&area=…`.
pub async fn live(
    State(state): State<AppState>,
    CurrentUser(user): CurrentUser,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let id = session_id(&headers, &state.0.origins).map(str::to_owned);
    let (Some(user), Some(id)) = (user, id) else {
        return response::plain_error(
            StatusCode::UNAUTHORIZED,
            "You are signed out. Sign in again to continue.",
        );
    };
    let (server, areas) = match parse_query(query.as_deref().unwrap_or_default()) {
        Ok(subscription) => subscription,
        Err(message) => return response::plain_error(StatusCode::BAD_REQUEST, &message),
    };
    let reloaded = state.0.reloaded.subscribe();
    let Some(events) = area_events(&state, &user, &server, &areas) else {
        return response::plain_error(StatusCode::NOT_FOUND, "There is no such server.");
    };
    let Some(open_stream) = OpenStream::open(state.clone(), &user.name) else {
        return response::plain_error(
            StatusCode::TOO_MANY_REQUESTS,
            "Too many pages are open; close some and reload this one.",
        );
    };
    let retry = stream::once(async { vec![Bytes::from_static(RETRY.as_bytes())] });
    let alive = ticks(KEEP_ALIVE).map(|_| vec![Bytes::from_static(b"event: alive\ndata:\n\n")]);
    let chunks = stream::select(events, alive);
    let stopping = state.0.stopping.subscribe();
    let farewell = stream::once(async move {
        match *stopping.borrow() {
            true => vec![Bytes::from_static(b"event: stopping\ndata:\n\n")],
            false => Vec::new(),
        }
    });
    let body = retry
        .chain(chunks)
        .take_until(closed(state, id, user, reloaded))
        .chain(farewell)
        .inspect(move |chunks| open_stream.sent(chunks.iter().map(Bytes::len).sum()))
        .flat_map(|chunks| stream::iter(chunks.into_iter().map(Ok::<_, Infallible>)));
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (headers, Body::from_stream(body)).into_response()
}

fn ticks(every: Duration) -> IntervalStream {
    IntervalStream::new(interval_at(Instant::now() + every, every))
}

/// Resolves when the viewer's session ends, when they are given or lose roles or servers, when other servers are
/// configured, or when pgdeck shuts down. A page opens its stream again by itself, with what its user may see by
/// then.
async fn closed(state: AppState, id: String, user: User, mut reloaded: watch::Receiver<u64>) {
    let mut stopping = state.0.stopping.subscribe();
    let signed_out = async {
        let mut checks = ticks(SESSION_CHECK);
        while checks.next().await.is_some() {
            let now = state.0.auth.session_user(&id, IdleTimeout::Keep).await;
            if !matches!(now, Ok(Some(now)) if now == user) {
                return;
            }
        }
    };
    tokio::select! {
        () = signed_out => {}
        _ = reloaded.changed() => {}
        _ = stopping.wait_for(|stopping| *stopping) => {}
    }
}

/// The events of the areas; None when the server does not exist or the user may not see it.
fn area_events(
    state: &AppState,
    user: &User,
    server: &ServerId,
    areas: &[AreaName],
) -> Option<Chunks> {
    if !user.may_on(Permission::See, server) {
        return None;
    }
    let full = user.may_on(Permission::QueryText, server);
    let streams: Option<Vec<Chunks>> = areas
        .iter()
        .map(|area| {
            let frames = WatchStream::new(state.0.engine.subscribe(server, *area)?);
            let head = Bytes::from(format!("event: {}\ndata: ", area.as_str()));
            let event = move |frame: Arc<engine::Frame>| {
                let json = if full { Arc::clone(&frame.full) } else { Arc::clone(&frame.redacted) };
                vec![head.clone(), Bytes::from_owner(FrameBytes(json)), Bytes::from_static(b"\n\n")]
            };
            Some(Box::pin(frames.map(event)) as Chunks)
        })
        .collect();
    Some(Box::pin(stream::select_all(streams?)))
}

fn parse_query(query: &str) -> Result<(ServerId, Vec<AreaName>), String> {
    let mut server = None;
    let mut areas = Vec::new();
    for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match key.as_ref() {
            "server" => server = Some(ServerId::new(value)),
            "area" => match value.parse::<AreaName>().ok() {
                Some(area) if !areas.contains(&area) => areas.push(area),
                Some(_) => {}
                None => return Err("There is no such area.".into()),
            },
            _ => {}
        }
    }
    match server {
        Some(server) if !areas.is_empty() => Ok((server, areas)),
        _ => Err("Name a server and at least one area: /live?server=…&area=….".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_has_one_server_and_each_area_once() {
        let (server, areas) =
            parse_query("server=shop&area=activity&area=overview&area=activity").unwrap();
        assert_eq!(
            (server.as_str(), areas),
            ("shop", vec![AreaName::Activity, AreaName::Overview])
        );
        assert!(parse_query("server=shop").is_err());
        assert!(parse_query("area=activity").is_err());
        assert!(parse_query("server=shop&area=everything").is_err());
    }
}
