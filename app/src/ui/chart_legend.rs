//! The legend of a chart, which filters, and its points as a table.

use std::collections::BTreeSet;

use leptos::prelude::*;

use super::chart_data::{Chart, Line};
use super::format;
use super::format::Scale;
use super::keyed::keyed;
use crate::live::clock::Clock;

/// A moment of a chart as its legend and its table say it: with the day where there are several.
pub fn moment(clock: Clock, chart: &Chart, at: usize) -> String {
    let Some(time) = chart.times.get(at).copied() else { return String::new() };
    if chart.spans_days() { clock.day_and_time(time) } else { clock.time_of_day(time) }
}

/// The values at one time, for `aria-valuetext`.
pub fn message(clock: Clock, chart: &Chart, at: usize) -> String {
    let values: Vec<String> = chart
        .lines
        .iter()
        .map(|line| match line.points.get(at).copied().flatten() {
            Some(value) => format!("{} {}", line.name, format::number(value, chart.unit)),
            None => format!("{} unknown", line.name),
        })
        .collect();
    format!("{} {}: {}", moment(clock, chart, at), clock.zone(), values.join(", "))
}

/// The legend: a button for each line where there are several, which hides and shows it.
#[component]
pub fn Legend(
    /// The chart.
    chart: Memo<Option<Chart>>,
    /// The point whose values are told.
    shown: Signal<usize>,
    /// Whether it is under the cross-hair.
    is_pointed: Signal<bool>,
    /// Names of the lines that are hidden.
    hidden: RwSignal<BTreeSet<String>>,
) -> impl IntoView {
    let clock = Clock::get();
    // A button does nothing before hydration.
    let ready = RwSignal::new(false);
    Effect::new(move |_| ready.set(true));
    let names = Memo::new(move |_| {
        chart.with(|c| {
            c.iter().flat_map(|c| c.lines.iter().map(|line| line.name.clone())).collect::<Vec<_>>()
        })
    });
    let one = move |name: String| {
        let line = {
            let name = name.clone();
            move |of: fn(&Line) -> String| {
                chart.with(|c| {
                    let lines = c.as_ref().map(|c| c.lines.as_slice()).unwrap_or_default();
                    lines.iter().find(|line| line.name == name).map(of).unwrap_or_default()
                })
            }
        };
        let class = move || format!("swatch {}", line(|line| line.class.clone()));
        let (label, key) = (name.clone(), name.clone());
        let is_hidden = move || hidden.with(|hidden| hidden.contains(&key));
        let pressed = {
            let is_hidden = is_hidden.clone();
            move || (!is_hidden()).to_string()
        };
        let toggle = {
            let name = name.clone();
            move |_| {
                hidden.update(|hidden| {
                    if !hidden.remove(&name) {
                        hidden.insert(name.clone());
                    }
                })
            }
        };
        let swatch = view! { <span class=class aria-hidden="true"></span> };
        let head = if names.with(|names| names.len() > 1) {
            view! {
                <button type="button" class="legend-series" aria-pressed=pressed disabled=move || !ready.get() on:click=toggle>
                    {swatch} {label}
                </button>
            }
            .into_any()
        } else {
            view! { {swatch} <span>{label}</span> }.into_any()
        };
        let value = move |exact: bool| {
            chart.with(|c| {
                let c = c.as_ref()?;
                let line = c.lines.iter().find(|line| line.name == name)?;
                let value = line.points.get(shown.get()).copied().flatten()?;
                Some(if exact {
                    format::exact(value, c.unit)
                } else {
                    format::number(value, c.unit)
                })
            })
        };
        let number = {
            let value = value.clone();
            move || value(false).unwrap_or_else(|| "unknown".into())
        };
        view! {
            <li title=move || value(true) class:off=is_hidden>
                {head}
                <span class="num">{number}</span>
            </li>
        }
        .into_any()
    };
    let time = move || {
        let time = chart.with(|c| c.as_ref().map(|c| moment(clock, c, shown.get())));
        let when = if is_pointed.get() { "at " } else { "last " };
        format!("{when} {} {}", time.unwrap_or_default(), clock.zone())
    };
    view! {
        <ul class="legend">
            {keyed(move || names.get(), one)}
            {move || chart.with(|c| c.as_ref().map(besides))}
            <li class="legend-time muted">{time}</li>
        </ul>
    }
}

/// The limit and the note.
fn besides(chart: &Chart) -> AnyView {
    let limit = chart.limit.as_ref().map(|(name, value)| {
        let is_drawn = chart.picture.as_ref().is_ok_and(|picture| picture.limit_drawn);
        view! {
            <li>
                {is_drawn.then(|| view! { <span class="swatch limit" aria-hidden="true"></span> })}
                <span>{name.clone()}</span>
                <span class="num">{format::number(*value, chart.unit)}</span>
            </li>
        }
    });
    view! {
        {limit}
        {chart.note.clone().map(|note| view! { <li class="muted">{note}</li> })}
    }
    .into_any()
}

/// The points, newest first, with one unit for the whole chart.
pub fn table(clock: Clock, chart: &Chart) -> AnyView {
    let values = chart.lines.iter().flat_map(|line| line.points.iter().flatten().copied());
    let scale = Scale::for_axis(chart.unit, values.map(f64::abs).fold(0.0, f64::max));
    let heads = chart
        .lines
        .iter()
        .map(|line| view! { <th scope="col" class="num">{line.name.clone()} " " {scale.sign()}</th> })
        .collect_view();
    let row = |at: usize| {
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
        view! { <tr><th scope="row">{moment(clock, chart, at)}</th>{cells}</tr> }
    };
    let rows = (0..chart.times.len()).rev().map(row).collect_view();
    view! {
        <div class="scroll" tabindex="0" role="group" aria-label=format!("Data points: {}", chart.title)>
            <table>
                <thead><tr><th scope="col">{format!("Time ({})", clock.zone())}</th>{heads}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}
