//! The line of events under charts: a mark below the time axis for each, and all of them in words.

use leptos::prelude::*;
use model::{Event, EventKind, Events, TimeRange};

use super::chart_data::Chart;
use super::chart_shape::x_of;
use super::keyed::keyed;
use crate::live::clock::Clock;
use crate::live::range::Here;

/// The events of the page's range, for all of its charts.
#[derive(Clone, Copy)]
pub struct PageEvents(pub Memo<Events>);

/// What a link to an event shows before and after it, ms.
const AROUND_MS: i64 = 1_800_000;
/// An event that was found by looks so far apart says between which, ms.
const FAR_MS: i64 = 120_000;
/// Marks that are closer than this on the axis are one.
const LEAST_X: f64 = 3.0;

/// A small triangle under the axis for each event within the chart's times; what lies too close together
/// is one mark that names them all.
pub fn marks(chart: &Chart, events: &[Event]) -> Option<AnyView> {
    let (first, last) = chart.span()?;
    let picture = chart.picture.as_ref().ok()?;
    let bottom = picture.frame.3;
    let mut places: Vec<(f64, EventKind, String)> = Vec::new();
    for event in events.iter().filter(|event| (first..=last).contains(&event.at_ms)) {
        let x = x_of(chart, picture, event.at_ms)?;
        let words = format!("{}: {}", event.kind.label(), event.title);
        match places.last_mut().filter(|(before, ..)| x - before < LEAST_X) {
            Some((_, _, all)) => {
                all.push('\n');
                all.push_str(&words);
            }
            None => places.push((x, event.kind, words)),
        }
    }
    let one = |(x, kind, words): (f64, EventKind, String)| {
        let (left, right) = (x - 4.0, x + 4.0);
        let shape = format!("M{x:.1} {bottom}L{right:.1} {low}L{left:.1} {low}Z", low = bottom + 7);
        view! { <path class=format!("event-glyph event-{}", kind.as_str()) d=shape><title>{words}</title></path> }
    };
    Some(places.into_iter().map(one).collect_view().into_any())
}

/// The events in words, newest first, each with a link to the time around it.
#[component]
pub fn EventList(events: Memo<Events>) -> impl IntoView {
    let (here, clock) = (Here::get(), Clock::get());
    let count = Memo::new(move |_| events.with(|events| events.events.len()));
    let keys = move || {
        events.with(|events| {
            let newest = (0..events.events.len()).rev();
            newest.filter_map(|at| Some(format!("{} {at}", events.events.get(at)?.at_ms))).collect()
        })
    };
    let row = move |key: String| {
        let at = key.split_once(' ').and_then(|(_, at)| at.parse::<usize>().ok()).unwrap_or(0);
        let event = events.with_untracked(|events| events.events.get(at).cloned());
        let Some(event) = event else { return ().into_any() };
        let (kind, when) = (event.kind, event.at_ms);
        let around = TimeRange::between(when - AROUND_MS, when + AROUND_MS);
        let href = move || around.map(|range| here.with(range));
        let lasts = matches!(kind, EventKind::Gap | EventKind::Generated);
        let word = if lasts { "from" } else { "after" };
        let since = event.since_ms.filter(|since_ms| when - since_ms > FAR_MS);
        let since =
            move || since.map(|since_ms| format!(" ({word} {})", clock.day_and_time(since_ms)));
        let detail = event.detail.into_iter().map(|line| view! { <li>{line}</li> }).collect_view();
        view! {
            <li>
                <span class=format!("swatch event-{}", kind.as_str()) aria-hidden="true"></span>
                <a class="num" href=href data-noscroll="">{move || clock.day_and_time(when)}</a>
                " " <strong>{kind.label()}</strong> " " {event.title} {since}
                <ul class="event-detail">{detail}</ul>
            </li>
        }
        .into_any()
    };
    move || {
        (count.get() > 0).then(|| {
            view! {
                <details class="event-list">
                    <summary>
                        {move || super::format::plural(count.get() as i64, "event", "events")}
                        {move || events.with(|events| events.has_more).then_some(" and older ones")}
                        " in this time"
                    </summary>
                    <p class="note">{move || format!("Times in {}.", clock.zone())}</p>
                    <ol>{keyed(keys, row)}</ol>
                    {move || events.with(|events| notes(&events.notes))}
                </details>
            }
        })
    }
}

/// What is not told.
fn notes(notes: &[String]) -> Vec<AnyView> {
    let note = |note: &String| view! { <p class="note">{note.clone()}</p> }.into_any();
    notes.iter().map(note).collect()
}

#[cfg(test)]
mod tests {
    use model::Unit;

    use super::super::chart_data::Picture;
    use super::*;

    #[test]
    fn marks_too_close_are_one_and_hostile_titles_are_text() {
        let event = |at_ms, title: &str| Event {
            at_ms,
            since_ms: None,
            kind: EventKind::Mark,
            title: title.into(),
            detail: vec![],
        };
        let picture =
            Picture { svg: String::new(), frame: (0, 0, 300, 100), top: 1.0, limit_drawn: false };
        let chart = Chart {
            id: "t".into(),
            title: "T".into(),
            unit: Unit::Count,
            times: vec![0, 300],
            lines: vec![],
            stacked: false,
            limit: None,
            note: None,
            more: false,
            events: None,
            picture: Ok(picture),
        };
        let all = [event(-1, "before"), event(10, "<b>one"), event(11, "two"), event(200, "three")];
        let html = marks(&chart, &all).map(|view| view.to_html()).unwrap_or_default();
        assert_eq!(html.matches("<path").count(), 2, "{html}");
        assert!(
            html.contains("two") && !html.contains("<b>") && !html.contains("before"),
            "{html}"
        );
    }
}
