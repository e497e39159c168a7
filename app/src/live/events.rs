//! What happened to a server in the range that a page shows.

use leptos::prelude::*;
use model::{ApiError, Events, ServerId};

use crate::routes::access;

/// How far back the events of a live page go, ms: a day.
#[cfg(feature = "ssr")]
const LIVE_MS: i64 = 86_400_000;

access! { "/api/events" OnServer(See) }

/// The events of a server over the range of that text; of the last day where it is live.
#[server(prefix = "/api", endpoint = "events", output = model::wire::Json)]
pub async fn read_events(server: ServerId, range: String) -> Result<Events, ApiError> {
    use crate::auth;
    auth::require(model::Permission::See, Some(&server))?;
    events_of(&auth::engine()?, &server, &range).await
}

/// The same for the first render of a page.
#[cfg(feature = "ssr")]
pub async fn events_of(
    engine: &engine::Engine,
    server: &ServerId,
    range: &str,
) -> Result<Events, ApiError> {
    let now_ms = engine.now_ms();
    let range = model::TimeRange::read(range).unwrap_or_default();
    let (from_ms, to_ms) = range.bounds(now_ms).unwrap_or((now_ms - LIVE_MS, now_ms));
    let found = engine.events(server, from_ms, to_ms + 1).await;
    found.map_err(|incident| ApiError::Internal { incident })
}
