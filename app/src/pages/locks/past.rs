//! Lock waits over the range of the page, with links from its peaks into the hour of which every second is
//! kept, or to the time around them.

use leptos::prelude::*;
use model::{ServerId, TimeRange};

use super::RecordedRange;
use super::query::LocksQuery;
use crate::live::clock::Clock;
use crate::live::range::Here;
use crate::ui::chart::{Chart, Charts};
use crate::ui::format;

/// The charts of the page: sessions that wait, and the longest wait.
pub const IDS: [&str; 2] = ["lock-waits", "lock-wait-time"];
/// Peaks listed.
const PEAKS: usize = 5;
/// What a link to a peak shows before and after it, ms.
const AROUND_MS: i64 = 900_000;

/// The charts, and their peaks.
#[component]
pub fn Past(
    server: ServerId,
    query: Memo<LocksQuery>,
    charts: RwSignal<Vec<Chart>>,
    moments: Signal<Option<RecordedRange>>,
) -> impl IntoView {
    let (here, clock) = (Here::get(), Clock::get());
    let link = move |(at_ms, waiting): (i64, f64)| {
        let kept = moments.get().filter(|kept| (kept.from_ms..=kept.to_ms).contains(&at_ms));
        let href = match kept {
            Some(_) => Some(query.with(|query| query.at(Some(at_ms)).to(&server))),
            None => TimeRange::between(at_ms - AROUND_MS, at_ms + AROUND_MS).map(|r| here.with(r)),
        };
        let sessions = format::plural(waiting as i64, "session", "sessions");
        view! { <li><a href=href data-noscroll="">{clock.day_and_time(at_ms)} ": " {sessions}</a></li> }
    };
    let list =
        move || {
            let peaks = charts.with(|charts| peaks(charts));
            (!peaks.is_empty()).then(|| view! {
            <p class="note">{move || format!("Most sessions waited at ({}):", clock.zone())}</p>
            <ul class="lock-peaks">{peaks.into_iter().map(link.clone()).collect_view()}</ul>
        })
        };
    view! {
        <section class="panel" aria-labelledby="waits-title">
            <h2 id="waits-title">"Lock waits over time"</h2>
            <Charts charts/>
            {list}
        </section>
    }
}

/// The highest points of the chart of waiting sessions, each higher than what is beside it.
fn peaks(charts: &[Chart]) -> Vec<(i64, f64)> {
    let Some(chart) = charts.iter().find(|chart| IDS.first() == Some(&chart.id.as_str())) else {
        return Vec::new();
    };
    let points = chart.lines.first().map(|line| line.points.as_slice()).unwrap_or_default();
    let value = |at: usize| points.get(at).copied().flatten().unwrap_or(0.0);
    let is_peak = |at: &usize| {
        let before = at.checked_sub(1).map_or(0.0, value);
        value(*at) > before && value(*at) >= value(at + 1)
    };
    let peak = |at: usize| Some((chart.times.get(at).copied()?, value(at)));
    let mut peaks: Vec<(i64, f64)> = (0..points.len()).filter(is_peak).filter_map(peak).collect();
    peaks.sort_by(|a, b| b.1.total_cmp(&a.1).then(b.0.cmp(&a.0)));
    peaks.truncate(PEAKS);
    peaks
}

#[cfg(test)]
mod tests {
    use model::{Reason, Unit};

    use super::*;
    use crate::ui::chart_data::Line;

    #[test]
    fn peaks_are_the_highest_points_each_once() {
        let line = Line {
            name: "sessions".into(),
            class: "wait-lock".into(),
            points: [0, 3, 3, 1, 5, 0, 0, 2].map(|n| Some(f64::from(n))).to_vec(),
        };
        let chart = Chart {
            id: "lock-waits".into(),
            title: String::new(),
            unit: Unit::Count,
            times: (0..8).collect(),
            lines: vec![line],
            stacked: false,
            limit: None,
            note: None,
            more: false,
            events: None,
            picture: Err(Reason::NotYet),
        };
        assert_eq!(peaks(&[chart]), [(4, 5.0), (1, 3.0), (7, 2.0)]);
        assert!(peaks(&[]).is_empty());
    }
}
