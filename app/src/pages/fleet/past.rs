//! The past of the fleet: transactions of every server over the range of the page.

use std::collections::BTreeMap;

use leptos::prelude::*;
use model::ApiError;

use crate::live;
use crate::live::range::range;
use crate::routes::access;

/// Polling interval, ms.
const EVERY_MS: u64 = 30_000;

/// Transactions per second by server, oldest first; None is a gap. Empty for a live range: the line of the
/// last minutes is part of the navigation data.
pub type FleetPast = BTreeMap<String, Vec<Option<f64>>>;

access! { "/api/fleet_past" Any(See) }

/// The past of the servers that the user may see, over the range of that text.
#[server(prefix = "/api", endpoint = "fleet_past", output = model::wire::Json)]
pub async fn read_fleet_past(range: String) -> Result<FleetPast, ApiError> {
    use crate::auth;
    use engine::areas::overview::past::spark;
    let user = auth::require(model::Permission::See, None)?;
    let engine = auth::engine()?;
    let range = model::TimeRange::read(&range).unwrap_or_default();
    let mut past = FleetPast::new();
    if range.is_live() {
        return Ok(past);
    }
    for server in engine.servers() {
        if user.may_on(model::Permission::See, &server.id) {
            let line = spark(&engine, &server.id, range, "transactions_per_s").await;
            let line = line.map_err(|incident| ApiError::Internal { incident })?;
            past.insert(server.id.to_string(), line);
        }
    }
    Ok(past)
}

/// Keeps the past as the range says, while the page is open in a browser.
pub fn follow(past: RwSignal<FleetPast>) {
    let range = range();
    let ask = move |asked: String| {
        leptos::task::spawn_local(async move {
            if let Ok(new) = read_fleet_past(asked.clone()).await
                // Another range may have been chosen meanwhile, or the page may have been left.
                && range.try_get_untracked() == Some(asked)
            {
                let _ = past.try_set(new);
            }
        });
    };
    Effect::new(move |before: Option<String>| {
        let now = range.get();
        if before.is_some_and(|before| before != now) {
            ask(now.clone());
        }
        now
    });
    live::every(EVERY_MS, move || {
        if let Some(now) = range.try_get_untracked().filter(|now| !now.is_empty()) {
            ask(now);
        }
    });
}
