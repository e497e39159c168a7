//! Findings of a server by area, polled while a page is open: ranked and folded over those areas.

use leptos::prelude::*;
use model::{ApiError, Finding, Latest, NotChecked, ServerId};

use crate::routes::access;
use crate::ui::verdict::{Words, verdict};

/// Polling interval of findings, ms.
const EVERY_MS: u64 = 2_000;

/// Findings, the one to act on first first, and rules not checked.
pub type Judged = (Vec<Finding>, Vec<NotChecked>);

access! { "/api/findings" OnServer(See) }

/// The findings of these areas; of all areas when none is named.
#[server(prefix = "/api", endpoint = "findings", output = model::wire::Json)]
pub async fn read_findings(server: ServerId, areas: String) -> Result<Judged, ApiError> {
    use crate::auth;
    auth::require(model::Permission::See, Some(&server))?;
    Ok(judged(&auth::engine()?, &server, &areas))
}

/// The findings of the areas in `areas`, separated by commas; of all when it is empty. A finding of
/// another area stays when what is folded into it is of one of these.
#[cfg(feature = "ssr")]
pub fn judged(engine: &engine::Engine, server: &ServerId, areas: &str) -> Judged {
    let (mut findings, mut not_checked) = engine.findings(server);
    if !areas.is_empty() {
        let of = |rule: &str| areas.split(',').any(|area| rule.split('/').next() == Some(area));
        findings.retain(|one| of(&one.rule) || one.same_root.iter().any(|folded| of(&folded.rule)));
        not_checked.retain(|one| of(&one.rule));
    }
    (findings, not_checked)
}

/// Polls the findings of `areas` while the page is open in a browser.
pub fn poll_findings(server: ServerId, areas: &'static str, judged: RwSignal<Judged>) {
    super::poll(EVERY_MS, judged, move || read_findings(server.clone(), areas.to_owned()));
}

/// The verdict on `latest` with these findings, as it changes.
pub fn verdict_of<T: Send + Sync + 'static>(
    latest: RwSignal<Latest<T>>,
    judged: Signal<Judged>,
    calm: fn(&T) -> (String, bool),
) -> Signal<Words> {
    let live = super::Live::get();
    let words = Memo::new(move |_| {
        let now_ms = live.now_ms.get();
        judged.with(|(findings, not_checked)| {
            latest.with(|latest| verdict(latest, now_ms, (findings, not_checked), calm))
        })
    });
    words.into()
}

/// The findings that came with a reading.
pub fn of_reading<T: Send + Sync + 'static>(latest: RwSignal<Latest<T>>) -> Signal<Judged> {
    Signal::derive(move || {
        latest.with(|latest| {
            let reading = latest.reading.as_ref();
            reading.map(|r| (r.findings.clone(), r.not_checked.clone())).unwrap_or_default()
        })
    })
}
