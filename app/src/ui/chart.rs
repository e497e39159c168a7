//! Chart component: SVG rendered by the server, crosshair by pointer or arrow keys, data points as
//! a table. The SVG is inserted with `inner_html`; `chart_svg.rs` writes numbers and times only.

use leptos::prelude::*;
use model::{Reason, Unit};
use serde::{Deserialize, Serialize};

use super::format;
use super::format::Scale;
use super::keyed::keyed;
use super::reading::why;

/// A chart: SVG and data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chart {
    /// Unique on the page.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its unit.
    pub unit: Unit,
    /// The time of each point, ms since the epoch.
    pub times: Vec<i64>,
    /// The lines, in the order of the legend.
    pub lines: Vec<Line>,
    /// A threshold line: (name, value).
    pub limit: Option<(String, f64)>,
    /// What the legend says besides.
    #[serde(default)]
    pub note: Option<String>,
    /// Whether it stands behind "More charts".
    #[serde(default)]
    pub more: bool,
    /// The SVG, or why there is none.
    pub picture: Result<Picture, Reason>,
}

/// One line of a chart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Its name in the legend.
    pub name: String,
    /// The CSS class of its colour.
    pub class: String,
    /// A value for each of the chart's times; None is a gap.
    pub points: Vec<Option<f64>>,
}

/// The rendered SVG.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// The SVG.
    pub svg: String,
    /// The plotting area within the SVG: left, top, right, bottom.
    pub frame: (i32, i32, i32, i32),
    /// Whether the limit's line is drawn: not when it is far above the values.
    pub limit_drawn: bool,
}

/// The width of the viewBox.
pub const WIDTH: u32 = 560;
/// The height of the viewBox.
pub const HEIGHT: u32 = 190;

/// The time under the crosshair, shared by all charts of a page through the context.
#[derive(Clone, Copy)]
pub struct Crosshair(pub RwSignal<Option<i64>>);

/// A grid of charts with a shared crosshair.
#[component]
pub fn Charts(
    /// The charts.
    #[prop(into)]
    charts: Signal<Vec<Chart>>,
) -> impl IntoView {
    provide_context(Crosshair(RwSignal::new(None)));
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

#[component]
fn Plot(chart: Memo<Option<Chart>>) -> impl IntoView {
    let crosshair = use_context::<Crosshair>().map_or_else(|| RwSignal::new(None), |c| c.0);
    let at = Memo::new(move |_| {
        crosshair
            .get()
            .and_then(|moment| chart.with(|c| c.as_ref().and_then(|c| nearest(&c.times, moment))))
    });
    let svg =
        move || chart.with(|c| picture(c.as_ref()).map(|p| p.svg.clone()).unwrap_or_default());
    let last = move || chart.with(|c| c.as_ref().map_or(0, |c| c.times.len().saturating_sub(1)));
    let shown = move || at.get().unwrap_or_else(last);
    let go = move |index: usize| {
        crosshair
            .set(chart.with_untracked(|c| c.as_ref().and_then(|c| c.times.get(index).copied())));
    };
    let keydown = move |event: leptos::ev::KeyboardEvent| {
        let (now, last) = (shown(), last());
        let to = match event.key().as_str() {
            "ArrowLeft" => now.saturating_sub(1),
            "ArrowRight" => (now + 1).min(last),
            "Home" => 0,
            "End" => last,
            "Escape" => return crosshair.set(None),
            _ => return,
        };
        event.prevent_default();
        go(to);
    };
    let moved = move |event: leptos::ev::PointerEvent| {
        #[cfg(feature = "hydrate")]
        if let Some(index) = chart.with_untracked(|c| point_under_pointer(c.as_ref(), &event)) {
            go(index);
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = event;
    };
    view! {
        <div
            class="plot"
            tabindex="0"
            role="slider"
            aria-label=move || {
                chart.with(|c| c.as_ref().map(|c| format!("{}, point in time", c.title)).unwrap_or_default())
            }
            aria-valuemin="0"
            aria-valuemax=last
            aria-valuenow=shown
            aria-valuetext=move || chart.with(|c| c.as_ref().map(|c| message(c, shown())).unwrap_or_default())
            on:keydown=keydown
            on:pointermove=moved
            on:pointerleave=move |_| crosshair.set(None)
        >
            <div class="picture" aria-hidden="true" inner_html=svg></div>
            <svg class="cross" viewBox=format!("0 0 {WIDTH} {HEIGHT}") aria-hidden="true" focusable="false">
                {move || at.get().and_then(|at| chart.with(|c| c.as_ref().and_then(|c| cross_line(c, at))))}
            </svg>
        </div>
        <ul class="legend">{move || chart.with(|c| c.as_ref().map(|c| legend(c, shown(), at.get().is_some())))}</ul>
        <details class="points">
            <summary>"Data points"</summary>
            {move || chart.with(|c| c.as_ref().map(table))}
        </details>
    }
}

fn picture(chart: Option<&Chart>) -> Option<&Picture> {
    chart.and_then(|chart| chart.picture.as_ref().ok())
}

fn nearest(times: &[i64], moment: i64) -> Option<usize> {
    (0..times.len()).min_by_key(|at| times.get(*at).map_or(i64::MAX, |time| (time - moment).abs()))
}

/// The point under the pointer: the inverse of the x axis in `chart_svg.rs`.
#[cfg(feature = "hydrate")]
fn point_under_pointer(chart: Option<&Chart>, event: &leptos::ev::PointerEvent) -> Option<usize> {
    use wasm_bindgen::JsCast;
    let chart = chart?;
    let (left, _, right, _) = chart.picture.as_ref().ok()?.frame;
    let target = event.current_target()?;
    let shape = target.dyn_ref::<web_sys::Element>()?.get_bounding_client_rect();
    let x =
        (f64::from(event.client_x()) - shape.left()) / shape.width().max(1.0) * f64::from(WIDTH);
    let share = ((x - f64::from(left)) / f64::from(right - left)).clamp(0.0, 1.0);
    let (first, last) = (*chart.times.first()?, *chart.times.last()?);
    nearest(&chart.times, first + ((last - first) as f64 * share) as i64)
}

fn cross_line(chart: &Chart, at: usize) -> Option<AnyView> {
    let (left, top, right, bottom) = picture(Some(chart))?.frame;
    let (first, last) = (*chart.times.first()?, *chart.times.last()?);
    let share = (chart.times.get(at)? - first) as f64 / (last - first).max(1) as f64;
    let x = format!("{:.1}", f64::from(left) + f64::from(right - left) * share);
    Some(view! { <line x1=x.clone() x2=x y1=top y2=bottom></line> }.into_any())
}

/// The values at one time, for `aria-valuetext`.
fn message(chart: &Chart, at: usize) -> String {
    let time = chart.times.get(at).copied().map(format::time_of_day).unwrap_or_default();
    let values: Vec<String> = chart
        .lines
        .iter()
        .map(|line| match line.points.get(at).copied().flatten() {
            Some(value) => format!("{} {}", line.name, format::number(value, chart.unit)),
            None => format!("{} unknown", line.name),
        })
        .collect();
    format!("{time} UTC: {}", values.join(", "))
}

fn legend(chart: &Chart, at: usize, is_pointed: bool) -> AnyView {
    let time = chart.times.get(at).copied().map(format::time_of_day).unwrap_or_default();
    let lines = chart.lines.iter().map(|line| {
        let value = line.points.get(at).copied().flatten();
        view! {
            <li title=value.map(|value| format::exact(value, chart.unit))>
                <span class=format!("swatch {}", line.class) aria-hidden="true"></span>
                <span>{line.name.clone()}</span>
                <span class="num">
                    {value.map_or_else(|| "unknown".into(), |v| format::number(v, chart.unit))}
                </span>
            </li>
        }
    });
    let limit = chart.limit.as_ref().map(|(name, value)| {
        let has_svg = picture(Some(chart)).is_some_and(|picture| picture.limit_drawn);
        view! {
            <li>
                {has_svg.then(|| view! { <span class="swatch limit" aria-hidden="true"></span> })}
                <span>{name.clone()}</span>
                <span class="num">{format::number(*value, chart.unit)}</span>
            </li>
        }
    });
    view! {
        {lines.collect_view()}
        {limit}
        {chart.note.clone().map(|note| view! { <li class="muted">{note}</li> })}
        <li class="legend-time muted">{if is_pointed { "at " } else { "last " }} {time} " UTC"</li>
    }
    .into_any()
}

/// The points, newest first, with one unit for the whole chart.
fn table(chart: &Chart) -> AnyView {
    let values = chart.lines.iter().flat_map(|line| line.points.iter().flatten().copied());
    let scale = Scale::for_axis(chart.unit, values.map(f64::abs).fold(0.0, f64::max));
    let heads = chart
        .lines
        .iter()
        .map(|line| view! { <th scope="col" class="num">{line.name.clone()} " " {scale.sign()}</th> })
        .collect_view();
    let rows = chart
        .times
        .iter()
        .enumerate()
        .rev()
        .map(|(at, time)| {
            let cells = chart
                .lines
                .iter()
                .map(|line| {
                    let value = line.points.get(at).copied().flatten();
                    view! {
                        <td class="num" title=value.map(|v| format::exact(v, chart.unit))>
                            {value.map_or_else(|| "unknown".into(), |v| scale.number(v))}
                        </td>
                    }
                })
                .collect_view();
            view! { <tr><th scope="row">{format::time_of_day(*time)}</th>{cells}</tr> }
        })
        .collect_view();
    view! {
        <div class="scroll" tabindex="0" role="group" aria-label=format!("Data points: {}", chart.title)>
            <table>
                <thead><tr><th scope="col">"Time (UTC)"</th>{heads}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_point_is_found() {
        assert_eq!(nearest(&[0, 10, 20], 14), Some(1));
        assert_eq!(nearest(&[0, 10, 20], 99), Some(2));
        assert_eq!(nearest(&[], 1), None);
    }
}
