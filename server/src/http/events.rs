//! `/live`: one event stream per tab that carries all the areas the page shows.
//!
//! A reading was serialised once by the engine; its bytes are shared by all viewers, never copied or
//! compressed per viewer. A viewer who is slow misses readings, never delays or grows anything.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Extension, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::stream::{self, Stream, StreamExt};
use model::{AreaName, Permission, ServerId, User};
use tokio::time::{Instant, interval_at};
use tokio_stream::wrappers::{IntervalStream, WatchStream};

use super::middleware::authenticate::{CurrentUser, session_id};
use super::response;
use super::state::AppState;
use crate::auth::sessions::Look;

/// A comment is sent this often, so that proxies and browsers see the stream is alive.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// Whether the viewer is still signed in is looked up this often.
const CHECK: Duration = Duration::from_secs(30);
/// Streams open at a time, over all viewers.
const STREAMS: u64 = 2_000;
/// How soon a browser comes back when the stream breaks, as the stream tells it.
const HELLO: &str = "retry: 1000\n\n";

/// Bytes of a reading, shared with the engine.
struct Shared(Arc<str>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

type Chunks = Pin<Box<dyn Stream<Item = Vec<Bytes>> + Send>>;

/// Counts one open stream for as long as it lives.
struct Viewing(AppState);

impl Viewing {
    fn begin(state: AppState) -> Option<Self> {
        let open = &state.0.viewers.open;
        if open.fetch_add(1, Ordering::Relaxed) >= STREAMS {
            open.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        Some(Self(state))
    }

    fn sent(&self, bytes: usize) {
        self.0.0.viewers.sent_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

impl Drop for Viewing {
    fn drop(&mut self) {
        self.0.0.viewers.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// `GET /live?server=…&area=…&area=…`.
pub async fn live(
    State(state): State<AppState>,
    Extension(CurrentUser(who)): Extension<CurrentUser>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let id = session_id(&headers, &state.0.origins).map(str::to_owned);
    let (Some(who), Some(id)) = (who, id) else {
        return response::plain_error(
            StatusCode::UNAUTHORIZED,
            "You are signed out. Sign in again to continue.",
        );
    };
    let wanted = match wanted(query.as_deref().unwrap_or_default()) {
        Ok(wanted) => wanted,
        Err(message) => return response::plain_error(StatusCode::BAD_REQUEST, &message),
    };
    let Some(areas) = areas(&state, &who, &wanted.0, &wanted.1) else {
        return response::plain_error(StatusCode::NOT_FOUND, "There is no such server.");
    };
    let Some(viewing) = Viewing::begin(state.clone()) else {
        return response::plain_error(
            StatusCode::SERVICE_UNAVAILABLE,
            "Too many pages are open; close some and reload this one.",
        );
    };
    let hello = stream::once(async { vec![Bytes::from_static(HELLO.as_bytes())] });
    let alive = ticks(KEEP_ALIVE).map(|_| vec![Bytes::from_static(b": alive\n\n")]);
    let chunks = stream::select(areas, alive);
    let body = hello
        .chain(chunks)
        .take_until(ended(state, id))
        .inspect(move |chunks| viewing.sent(chunks.iter().map(Bytes::len).sum()))
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

/// Returns when the viewer is signed out or pgdeck stops.
async fn ended(state: AppState, id: String) {
    let mut stopping = state.0.stopping.subscribe();
    let signed_out = async {
        let mut checks = ticks(CHECK);
        while checks.next().await.is_some() {
            if !matches!(state.0.auth.who(&id, Look::Check).await, Ok(Some(_))) {
                return;
            }
        }
    };
    tokio::select! {
        () = signed_out => {}
        _ = stopping.wait_for(|stopping| *stopping) => {}
    }
}

/// The events of all wanted areas; None when there is no such server for this person.
fn areas(state: &AppState, who: &User, server: &ServerId, areas: &[AreaName]) -> Option<Chunks> {
    if !who.may_on(Permission::See, server) {
        return None;
    }
    let full = who.may_on(Permission::QueryText, server);
    let streams: Option<Vec<Chunks>> = areas
        .iter()
        .map(|area| {
            let frames = WatchStream::new(state.0.engine.subscribe(server, *area)?);
            let head = Bytes::from(format!("event: {}\ndata: ", area.as_str()));
            let event = move |frame: Arc<engine::Frame>| {
                let json = if full { Arc::clone(&frame.full) } else { Arc::clone(&frame.redacted) };
                vec![head.clone(), Bytes::from_owner(Shared(json)), Bytes::from_static(b"\n\n")]
            };
            Some(Box::pin(frames.map(event)) as Chunks)
        })
        .collect();
    Some(Box::pin(stream::select_all(streams?)))
}

fn wanted(query: &str) -> Result<(ServerId, Vec<AreaName>), String> {
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
    fn a_stream_names_its_server_and_areas_once_each() {
        let (server, areas) =
            wanted("server=shop&area=activity&area=overview&area=activity").unwrap();
        assert_eq!(
            (server.as_str(), areas),
            ("shop", vec![AreaName::Activity, AreaName::Overview])
        );
        assert!(wanted("server=shop").is_err());
        assert!(wanted("area=activity").is_err());
        assert!(wanted("server=shop&area=everything").is_err());
    }
}
