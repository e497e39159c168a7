//! Charts that refresh by polling: the server redraws them from memory. A page with charts
//! registers a `ChartSource` in its own folder.

use leptos::prelude::*;
use model::{ApiError, ServerId, TimeRange};

#[cfg(feature = "ssr")]
use super::events::events_of;
use crate::routes::access;
use crate::ui::chart::Chart;

/// Polling interval of charts, ms.
pub const CHARTS_EVERY_MS: u64 = 15_000;

/// Renders the charts of one page; None: no such server.
#[cfg(feature = "ssr")]
pub struct ChartSource {
    /// The name of the page.
    pub page: &'static str,
    /// Renders them from the newest reading.
    pub charts: fn(&engine::Engine, &ServerId) -> Option<Vec<Chart>>,
    /// Renders them from the history; the error is a sentence.
    pub past: fn(engine::Engine, ServerId, TimeRange) -> PastCharts,
}

/// Charts of the past in the making.
#[cfg(feature = "ssr")]
pub type PastCharts =
    std::pin::Pin<Box<dyn Future<Output = Result<Vec<Chart>, String>> + Send + 'static>>;

#[cfg(feature = "ssr")]
inventory::collect!(ChartSource);

access! { "/api/charts" OnServer(See) }

/// The charts of a page of a server: live, or over the range of that text.
#[server(prefix = "/api", endpoint = "charts", output = model::wire::Json)]
pub async fn read_charts(
    server: ServerId,
    page: String,
    range: String,
) -> Result<Vec<Chart>, ApiError> {
    use crate::auth;
    auth::require(model::Permission::See, Some(&server))?;
    charts_of(&auth::engine()?, &server, &page, &range).await
}

/// The charts of a page for what the address says of the range: a text that is none is live.
#[cfg(feature = "ssr")]
pub async fn charts_of(
    engine: &engine::Engine,
    server: &ServerId,
    page: &str,
    range: &str,
) -> Result<Vec<Chart>, ApiError> {
    let time = TimeRange::read(range).unwrap_or_default();
    let mut charts = if time.is_live() {
        of_page(engine, server, page).ok_or(ApiError::NotFound)?
    } else {
        let charts = past_of_page(engine, server, page, time).await.ok_or(ApiError::NotFound)?;
        charts.map_err(|incident| ApiError::Internal { incident })?
    };
    if let Some(first) = charts.first_mut() {
        first.events = Some(events_of(engine, server, range).await?);
    }
    Ok(charts)
}

/// The live charts of a page of a server; None: no such server, or no charts.
#[cfg(feature = "ssr")]
pub fn of_page(engine: &engine::Engine, server: &ServerId, page: &str) -> Option<Vec<Chart>> {
    let source = inventory::iter::<ChartSource>().find(|source| source.page == page)?;
    (source.charts)(engine, server)
}

/// The same over a range of the past.
#[cfg(feature = "ssr")]
pub async fn past_of_page(
    engine: &engine::Engine,
    server: &ServerId,
    page: &str,
    range: TimeRange,
) -> Option<Result<Vec<Chart>, String>> {
    let source = inventory::iter::<ChartSource>().find(|source| source.page == page)?;
    Some((source.past)(engine.clone(), server.clone(), range).await)
}

/// Keeps the charts of `page` as its range says, while it is open in a browser.
pub fn poll_charts(
    server: ServerId,
    page: &'static str,
    range: Memo<String>,
    charts: RwSignal<Vec<Chart>>,
) {
    let ask = move |server: ServerId, now: String| {
        leptos::task::spawn_local(async move {
            let asked = now.clone();
            if let Ok(new) = read_charts(server, page.to_owned(), now).await
                // Another range may have been chosen meanwhile.
                && range.try_get_untracked() == Some(asked)
            {
                // The page may have been left meanwhile; its signals are disposed then.
                let _ = charts.try_set(new);
            }
        });
    };
    let chosen = server.clone();
    Effect::new(move |before: Option<String>| {
        let now = range.get();
        if before.is_some_and(|before| before != now) {
            ask(chosen.clone(), now.clone());
        }
        now
    });
    let live = super::Live::get();
    super::every(CHARTS_EVERY_MS, move || {
        let now_ms = live.now_ms.get_untracked();
        if let Some(now) = range.try_get_untracked()
            && !is_over(&now, now_ms)
        {
            ask(server.clone(), now);
        }
    });
}

/// Whether nothing is added to a range any more: what was read then has been written long ago.
fn is_over(range: &str, now_ms: i64) -> bool {
    let range = TimeRange::read(range).unwrap_or_default();
    matches!(range, TimeRange::Between { to_ms, .. } if to_ms + 60_000 < now_ms)
}

/// Why a chart of this area is empty: the newest failure, or that it takes two readings.
#[cfg(feature = "ssr")]
pub fn absent<T>(latest: &model::Latest<T>) -> model::Reason {
    match &latest.failure {
        Some(failure) if latest.reading.is_none() => failure.reason.clone(),
        _ => model::Reason::NeedsTwoReadings,
    }
}

/// Why a chart of the past is empty.
#[cfg(feature = "ssr")]
pub fn nothing_kept() -> model::Reason {
    model::Reason::Nothing { message: "No history is kept of this time.".into() }
}

/// A count as a point of a chart.
#[cfg(feature = "ssr")]
pub fn float(n: Option<i64>) -> Option<f64> {
    n.map(|n| n as f64)
}
