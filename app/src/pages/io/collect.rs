//! Puts together what the history has of the range. Server-side only.

use engine::Engine;
use engine::areas::io::past::of_range;
use model::io::Io;
use model::{ApiError, Latest, ServerId, TimeRange};

use super::{IoView, charts};

/// The range where the address has none.
const SPAN_MS: i64 = 3_600_000;

/// The charts and the sums of the range of that text.
pub async fn view(
    engine: &Engine,
    server: &ServerId,
    latest: &Latest<Io>,
    range: &str,
) -> Result<IoView, ApiError> {
    use crate::live::events::events_of;
    let asked = TimeRange::read(range).unwrap_or_default();
    let now_ms = latest.now_ms;
    let shown = match asked.is_live() {
        true => TimeRange::Between { from_ms: now_ms - SPAN_MS, to_ms: now_ms },
        false => asked,
    };
    let found = of_range(engine, server, shown).await;
    let Some(found) = found.map_err(|incident| ApiError::Internal { incident })? else {
        return Ok(IoView::default());
    };
    let mut charts = charts::charts(&found, latest.value());
    if let Some(first) = charts.first_mut() {
        first.events = Some(events_of(engine, server, range).await?);
    }
    let past = (!asked.is_live()).then_some(found.span);
    Ok(IoView { charts, past })
}
