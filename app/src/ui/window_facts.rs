//! What the figures of a window rest on: how much is explained, what was lost, what is not recorded at all.

use leptos::prelude::*;
use model::Unit;
use model::statements::WindowFacts;

use crate::ui::format;

/// Losses that are listed.
const MOST_LOSSES: usize = 20;

/// From when to when.
pub fn window(facts: &WindowFacts) -> String {
    format!("{} to {}", format::moment(facts.from_ms), format::moment(facts.to_ms))
}

/// The section; `also` are further sentences.
pub fn facts(facts: &WindowFacts, also: Vec<String>) -> AnyView {
    let length = (facts.to_ms - facts.from_ms).max(0);
    let read = format!(
        "The window is {}; {} of its {} were read.",
        window(facts),
        format::age(facts.read_ms.min(length) as f64),
        format::age(length as f64)
    );
    let explained = match facts.explained_percent() {
        Ok(percent) => format!(
            "{} of the time that sessions spent executing is in these statistics.",
            format::number(percent, Unit::Percent)
        ),
        Err(reason) => format!(
            "What share of the server's work this explains is unknown: {}",
            reason.message()
        ),
    };
    let lost = (facts.evicted >= 1.0).then(|| {
        format!(
            "{} removed because the table was full; what they did since the reading before is lost.",
            format::plural(facts.evicted as i64, "entry was", "entries were")
        )
    });
    let bounds = (facts.lower_bound_calls >= 1.0).then(|| {
        "Figures with ≥ may be higher: their entries were removed in between and came back."
            .to_owned()
    });
    let damaged = (facts.corrupt > 0).then(|| {
        format!(
            "{} of the history cannot be read any more.",
            format::plural(facts.corrupt as i64, "part", "parts")
        )
    });
    let losses = facts.losses.iter().take(MOST_LOSSES).map(|loss| {
        format!(
            "Unknown from {} to {}: {}.",
            format::moment(loss.from_ms),
            format::moment(loss.to_ms),
            loss.cause
        )
    });
    let more = facts.losses.len().saturating_sub(MOST_LOSSES);
    let more = (more > 0).then(|| format!("And {more} more spans."));
    let lines = [Some(read), Some(explained), lost, bounds, damaged].into_iter().flatten();
    let lines = lines.chain(also).chain(losses).chain(more);
    let lines = lines.map(|line| view! { <li>{line}</li> }).collect_view();
    view! {
        <section class="panel" aria-labelledby="integrity-title">
            <h2 id="integrity-title">"What these numbers rest on"</h2>
            <ul class="statement-facts">{lines}</ul>
        </section>
    }
    .into_any()
}
