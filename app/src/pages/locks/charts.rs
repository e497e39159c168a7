//! Sessions that wait for locks over any range, from the overview's windows. Server-side only.

use model::{ServerId, TimeRange};

use crate::live::charts::{ChartSource, of_page, past_of_page};
use crate::ui::chart::Chart;

inventory::submit! {
    ChartSource {
        page: "locks",
        charts: |engine, server| of_page(engine, server, "overview").map(of_locks),
        past: |engine, server, range| Box::pin(past(engine, server, range)),
    }
}

async fn past(
    engine: engine::Engine,
    server: ServerId,
    range: TimeRange,
) -> Result<Vec<Chart>, String> {
    past_of_page(&engine, &server, "overview", range).await.unwrap_or(Ok(vec![])).map(of_locks)
}

/// Those of the overview's charts that are about lock waits.
fn of_locks(charts: Vec<Chart>) -> Vec<Chart> {
    let mut charts: Vec<Chart> =
        charts.into_iter().filter(|chart| super::past::IDS.contains(&chart.id.as_str())).collect();
    for chart in &mut charts {
        chart.more = false;
    }
    charts
}
