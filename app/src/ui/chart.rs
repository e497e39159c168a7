//! Chart component: SVG rendered by the server, cross-hair and span by pointer or keys, a legend that
//! filters, data points as a table, events under the time axis. The SVG is inserted as it is; `chart_svg.rs` writes numbers
//! only.

use leptos::prelude::*;
use model::{Reason, Unit};

pub use super::chart_data::Chart;
#[cfg(feature = "ssr")]
pub use super::chart_data::Line;
use super::chart_events::{EventList, PageEvents};
use super::chart_plot::Plot;
pub use super::chart_plot::Pointing;
use super::keyed::keyed;
use super::reading::why;

/// A grid of charts with a shared cross-hair.
#[component]
pub fn Charts(
    /// The charts.
    #[prop(into)]
    charts: Signal<Vec<Chart>>,
) -> impl IntoView {
    let events = Memo::new(move |_| {
        charts.with(|all| all.iter().find_map(|chart| chart.events.clone())).unwrap_or_default()
    });
    provide_context(PageEvents(events));
    let ids = move |more: bool| {
        let of = move |all: &Vec<Chart>| {
            all.iter().filter(|c| c.more == more).map(|c| c.id.clone()).collect::<Vec<_>>()
        };
        Memo::new(move |_| charts.with(of))
    };
    let (first, rest) = (ids(false), ids(true));
    let any_more = Memo::new(move |_| rest.with(|rest| !rest.is_empty()));
    let one = move |id: String| {
        let chart =
            Memo::new(move |_| charts.with(|all| all.iter().find(|chart| chart.id == id).cloned()));
        view! { <ChartFigure chart/> }.into_any()
    };
    view! {
        <div class="charts">
            {keyed(move || first.get(), one)}
        </div>
        {move || any_more.get().then(|| view! {
            <details class="more-charts">
                <summary>"More charts"</summary>
                <div class="charts">{keyed(move || rest.get(), one)}</div>
            </details>
        })}
        <EventList events/>
    }
}

#[component]
fn ChartFigure(chart: Memo<Option<Chart>>) -> impl IntoView {
    let title = move || chart.with(|c| c.as_ref().map(|c| c.title.clone()).unwrap_or_default());
    let has_svg = Memo::new(move |_| chart.with(|c| c.as_ref().is_some_and(|c| c.picture.is_ok())));
    view! {
        <figure class="chart">
            <figcaption>
                <h3>{title}</h3>
                {move || chart.with(|c| c.as_ref().map(unit_words))}
            </figcaption>
            {move || {
                if has_svg.get() {
                    view! { <Plot chart/> }.into_any()
                } else {
                    let reason = chart.with(|c| c.as_ref().and_then(|c| c.picture.clone().err()));
                    view! { <div class="no-picture">{why(&reason.unwrap_or(Reason::NotYet))}</div> }
                        .into_any()
                }
            }}
        </figure>
    }
}

fn unit_words(chart: &Chart) -> AnyView {
    let unit = match chart.unit {
        Unit::Count => "",
        Unit::Percent => "percent",
        Unit::Bytes => "bytes",
        Unit::Ms | Unit::Seconds => "time",
        Unit::Xids => "transactions",
        Unit::PerSecond => "per second",
        Unit::BytesPerSecond => "bytes per second",
    };
    view! { <span class="muted">{unit}</span> }.into_any()
}
