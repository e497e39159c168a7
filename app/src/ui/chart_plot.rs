//! The plot of a chart: the server's drawing, and above it what moves: labels in the reader's time, the
//! cross-hair, the span that is being chosen, and lines redrawn without those that the legend hides.

use std::collections::BTreeSet;

use leptos::prelude::*;
use model::TimeRange;

use super::chart_data::{Chart, HEIGHT, Picture, WIDTH};
use super::chart_events::{PageEvents, marks};
use super::chart_legend::{Legend, message, table};
use super::chart_shape::{nearest, paths, ticks, x_of};
use crate::live::clock::Clock;
use crate::live::range::choosing;

/// What is pointed at, shared by all charts of a page through the context.
#[derive(Clone, Copy)]
pub struct Pointing {
    /// The time under the cross-hair.
    at: RwSignal<Option<i64>>,
    /// The span that is being chosen: where it was begun, and its other end.
    span: RwSignal<Option<(i64, i64)>>,
}

impl Pointing {
    /// Provides it in the context.
    pub fn provide() -> Self {
        let pointing = Self { at: RwSignal::new(None), span: RwSignal::new(None) };
        provide_context(pointing);
        pointing
    }

    /// That of the context.
    fn get() -> Self {
        use_context().unwrap_or_else(Self::provide)
    }

    fn clear(self) {
        self.at.set(None);
        self.span.set(None);
    }

    /// The chosen span as a range of whole seconds, and no span any more.
    fn chosen(self) -> Option<TimeRange> {
        let (one, other) = self.span.get_untracked()?;
        self.clear();
        let (from, to) = (one.min(other), one.max(other));
        TimeRange::between(from.div_euclid(1_000) * 1_000, (to + 999).div_euclid(1_000) * 1_000)
    }
}

fn picture(chart: Option<&Chart>) -> Option<&Picture> {
    chart.and_then(|chart| chart.picture.as_ref().ok())
}

/// A drawing of plotters that nothing moves on.
pub fn drawn(svg: String) -> AnyView {
    view! { <div class="plot"><div class="picture" aria-hidden="true" inner_html=svg></div></div> }
        .into_any()
}

/// The plot with its legend and its table.
#[component]
pub fn Plot(chart: Memo<Option<Chart>>) -> impl IntoView {
    let (pointing, clock) = (Pointing::get(), Clock::get());
    let hidden = RwSignal::new(BTreeSet::<String>::new());
    let events = use_context::<PageEvents>();
    let points = NodeRef::<leptos::html::Details>::new();
    let at = Memo::new(move |_| {
        let moment = pointing.at.get()?;
        chart.with(|c| nearest(&c.as_ref()?.times, moment))
    });
    let last = move || chart.with(|c| c.as_ref().map_or(0, |c| c.times.len().saturating_sub(1)));
    let shown = Signal::derive(move || at.get().unwrap_or_else(last));
    let svg =
        move || chart.with(|c| picture(c.as_ref()).map(|p| p.svg.clone()).unwrap_or_default());
    let label = move || {
        let title = chart.with(|c| c.as_ref().map(|c| c.title.clone()).unwrap_or_default());
        format!("{title}, point in time")
    };
    let told = move || {
        let values = chart.with(|c| c.as_ref().map(|c| message(clock, c, shown.get())));
        let values = values.unwrap_or_default();
        match pointing.span.get() {
            Some((one, other)) => {
                let (from, to) =
                    (clock.time_of_day(one.min(other)), clock.time_of_day(one.max(other)));
                format!("{from} to {to} is chosen, Enter shows it. {values}")
            }
            None => values,
        }
    };
    let overlay = move |of: fn(Pointing, Clock, &Chart) -> Option<AnyView>| {
        move || chart.with(|c| c.as_ref().and_then(|c| of(pointing, clock, c)))
    };
    let hands = Hands { chart, pointing, shown, points };
    let (keydown, (down, moved, up)) = (hands.keys(), hands.pointer());
    view! {
        <div
            class="plot"
            class:filtered=move || hidden.with(|hidden| !hidden.is_empty())
            tabindex="0"
            role="slider"
            aria-label=label
            aria-valuemin="0"
            aria-valuemax=last
            aria-valuenow=move || shown.get()
            aria-valuetext=told
            aria-keyshortcuts="t Shift+ArrowLeft Shift+ArrowRight Enter"
            on:keydown=keydown
            on:pointerdown=down
            on:pointermove=moved
            on:pointerup=up
            on:pointercancel=move |_| pointing.clear()
            on:pointerleave=move |_| pointing.at.set(None)
        >
            <div class="picture" aria-hidden="true" inner_html=svg></div>
            <svg class="over" viewBox=format!("0 0 {WIDTH} {HEIGHT}") aria-hidden="true" focusable="false">
                {move || chart.with(|c| c.as_ref().and_then(|c| redrawn(c, &hidden.get())))}
                {overlay(|_, clock, chart| axis(clock, chart))}
                {move || chart.with(|c| events.and_then(|e| e.0.with(|events| marks(c.as_ref()?, &events.events))))}
                {overlay(|pointing, _, chart| span(chart, pointing.span.get()?))}
                {move || at.get().and_then(|at| chart.with(|c| cross_line(c.as_ref()?, at)))}
            </svg>
        </div>
        <Legend chart shown is_pointed=Signal::derive(move || at.get().is_some()) hidden/>
        <details class="points" node_ref=points>
            <summary>"Data points"</summary>
            {move || chart.with(|c| c.as_ref().map(|c| table(clock, c)))}
        </details>
    }
}

/// The labels of the time axis.
fn axis(clock: Clock, chart: &Chart) -> Option<AnyView> {
    let (first, last) = chart.span()?;
    let picture = picture(Some(chart))?;
    let bottom = picture.frame.3;
    let ticks = ticks(first, last, clock.ahead_ms(last));
    let one = |time: &i64| {
        let x = format!("{:.1}", x_of(chart, picture, *time)?);
        let label = ticks.label(*time + clock.ahead_ms(*time));
        Some(view! {
            <line class="grid" x1=x.clone() x2=x.clone() y1=bottom y2=bottom + 5></line>
            <text class="label" x=x y=bottom + 20 text-anchor="middle">{label}</text>
        })
    };
    let all = ticks.at.iter().filter_map(one).collect_view();
    Some(all.into_any())
}

/// The lines that the legend does not hide, where it hides some.
fn redrawn(chart: &Chart, hidden: &BTreeSet<String>) -> Option<AnyView> {
    let picture = picture(Some(chart)).filter(|_| !hidden.is_empty())?;
    let one = |(class, path)| view! { <path class=class d=path></path> };
    Some(paths(chart, picture, hidden).into_iter().map(one).collect_view().into_any())
}

fn cross_line(chart: &Chart, at: usize) -> Option<AnyView> {
    let picture = picture(Some(chart))?;
    let (_, top, _, bottom) = picture.frame;
    let x = format!("{:.1}", x_of(chart, picture, *chart.times.get(at)?)?);
    Some(view! { <line class="cross" x1=x.clone() x2=x y1=top y2=bottom></line> }.into_any())
}

fn span(chart: &Chart, (one, other): (i64, i64)) -> Option<AnyView> {
    let picture = picture(Some(chart))?;
    let (_, top, _, bottom) = picture.frame;
    let (from, to) = (x_of(chart, picture, one.min(other))?, x_of(chart, picture, one.max(other))?);
    let (x, width) = (format!("{from:.1}"), format!("{:.1}", (to - from).max(1.0)));
    Some(
        view! { <rect class="chosen-span" x=x y=top width=width height=bottom - top></rect> }
            .into_any(),
    )
}

/// What keys and pointer do on a plot.
#[derive(Clone, Copy)]
struct Hands {
    chart: Memo<Option<Chart>>,
    pointing: Pointing,
    shown: Signal<usize>,
    points: NodeRef<leptos::html::Details>,
}

impl Hands {
    fn time(self, index: usize) -> Option<i64> {
        self.chart.with_untracked(|c| c.as_ref()?.times.get(index).copied())
    }

    /// Arrows read, with Shift they choose a span, Enter goes to it, `t` opens the table.
    fn keys(self) -> impl Fn(leptos::ev::KeyboardEvent) + 'static {
        let go = choosing();
        move |event| {
            if event.ctrl_key() || event.meta_key() || event.alt_key() {
                return;
            }
            let now = self.shown.get_untracked();
            let last = self
                .chart
                .with_untracked(|c| c.as_ref().map_or(0, |c| c.times.len()))
                .saturating_sub(1);
            let to = match event.key().as_str() {
                "ArrowLeft" => now.saturating_sub(1),
                "ArrowRight" => (now + 1).min(last),
                "Home" => 0,
                "End" => last,
                "Escape" => return self.pointing.clear(),
                "Enter" => {
                    event.prevent_default();
                    return self.pointing.chosen().map(&go).unwrap_or_default();
                }
                "t" => return self.turn_table(),
                _ => return,
            };
            event.prevent_default();
            let begun = self.pointing.span.get_untracked().map(|(begun, _)| begun);
            let span =
                event.shift_key().then(|| begun.or_else(|| self.time(now)).zip(self.time(to)));
            self.pointing.span.set(span.flatten());
            self.pointing.at.set(self.time(to));
        }
    }

    /// Opens or closes the table of the points.
    fn turn_table(self) {
        #[cfg(feature = "hydrate")]
        if let Some(details) = self.points.get_untracked() {
            details.set_open(!details.open());
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = self.points;
    }

    /// Moving reads; dragging with a mouse or a pen chooses a span. A finger only reads: it has no other
    /// way to, and the top bar to choose with.
    #[cfg(feature = "hydrate")]
    fn pointer(self) -> (impl Fn(Pointed), impl Fn(Pointed), impl Fn(Pointed)) {
        let go = choosing();
        let begun = StoredValue::new(None::<(i32, i64)>);
        let down = move |event: Pointed| {
            if event.button() == 0 && event.is_primary() && event.pointer_type() != "touch" {
                begun.set_value(self.time_under(&event).map(|time| (event.client_x(), time)));
            }
        };
        let moved = move |event: Pointed| {
            let Some(time) = self.time_under(&event) else { return };
            self.pointing.at.set(Some(time));
            // A button that was let go outside is no drag any more.
            if event.buttons() == 0 {
                begun.set_value(None);
            }
            if let Some((x, from)) = begun.get_value()
                && (event.client_x() - x).abs() >= DRAG_PX
            {
                self.pointing.span.set(Some((from, time)));
            }
        };
        let up = move |_: Pointed| {
            if begun.get_value().is_some() {
                begun.set_value(None);
                self.pointing.chosen().map(&go).unwrap_or_default();
            }
        };
        (down, moved, up)
    }

    /// On the server nothing points.
    #[cfg(not(feature = "hydrate"))]
    fn pointer(self) -> (impl Fn(Pointed), impl Fn(Pointed), impl Fn(Pointed)) {
        (|_| (), |_| (), |_| ())
    }

    /// The time under the pointer.
    #[cfg(feature = "hydrate")]
    fn time_under(self, event: &Pointed) -> Option<i64> {
        use wasm_bindgen::JsCast;
        let target = event.current_target()?;
        let shape = target.dyn_ref::<web_sys::Element>()?.get_bounding_client_rect();
        let share = (f64::from(event.client_x()) - shape.left()) / shape.width().max(1.0);
        self.chart.with_untracked(|c| {
            let c = c.as_ref()?;
            super::chart_shape::time_at(c, picture(Some(c))?, share * f64::from(WIDTH))
        })
    }
}

type Pointed = leptos::ev::PointerEvent;

/// A drag is at least so long; less is a click.
#[cfg(feature = "hydrate")]
const DRAG_PX: i32 = 6;
