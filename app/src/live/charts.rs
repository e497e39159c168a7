//! Charts that refresh by polling: the server redraws them from memory. A page with charts
//! registers a `ChartSource` in its own folder.

use leptos::prelude::*;
use model::{ApiError, ServerId};

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
}

#[cfg(feature = "ssr")]
inventory::collect!(ChartSource);

access! { "/api/charts" OnServer(See) }

/// The charts of a page of a server.
#[server(prefix = "/api", endpoint = "charts", output = model::wire::Json)]
pub async fn read_charts(server: ServerId, page: String) -> Result<Vec<Chart>, ApiError> {
    use crate::auth;
    auth::require(model::Permission::See, Some(&server))?;
    let engine = auth::engine()?;
    of_page(&engine, &server, &page).ok_or(ApiError::NotFound)
}

/// The charts of a page of a server; None: no such server, or no charts.
#[cfg(feature = "ssr")]
pub fn of_page(engine: &engine::Engine, server: &ServerId, page: &str) -> Option<Vec<Chart>> {
    let source = inventory::iter::<ChartSource>().find(|source| source.page == page)?;
    (source.charts)(engine, server)
}

/// Polls the charts of `page` while it is open in a browser.
pub fn poll_charts(server: ServerId, page: &'static str, charts: RwSignal<Vec<Chart>>) {
    super::every(CHARTS_EVERY_MS, move || {
        let server = server.clone();
        leptos::task::spawn_local(async move {
            if let Ok(new) = read_charts(server, page.to_owned()).await {
                // The page may have been left meanwhile; its signals are disposed then.
                let _ = charts.try_set(new);
            }
        });
    });
}

/// Why a chart of this area is empty: the newest failure, or that it takes two readings.
#[cfg(feature = "ssr")]
pub fn absent<T>(latest: &model::Latest<T>) -> model::Reason {
    match &latest.failure {
        Some(failure) if latest.reading.is_none() => failure.reason.clone(),
        _ => model::Reason::NeedsTwoReadings,
    }
}

/// A count as a point of a chart.
#[cfg(feature = "ssr")]
pub fn float(n: Option<i64>) -> Option<f64> {
    n.map(|n| n as f64)
}
