//! Bars: a percentage, or a total split into named parts. Widths are SVG attributes because the
//! content security policy forbids inline styles.

use leptos::prelude::*;

use super::format;

/// A percentage bar. Hidden from screen readers: the number is beside it.
#[component]
pub fn Bar(
    /// Percent; None draws an empty track.
    #[prop(into)]
    percent: Signal<Option<f64>>,
    /// Above this it is drawn as a warning, percent.
    #[prop(default = 101.0)]
    warn_above: f64,
) -> impl IntoView {
    let fill = move || match percent.get() {
        Some(share) if share > warn_above => "bar-fill warning",
        _ => "bar-fill",
    };
    let width = move || percent.get().unwrap_or(0.0).clamp(0.0, 100.0);
    view! {
        <svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" focusable="false">
            <rect class="bar-track" x="0" y="0" width="100" height="6"></rect>
            <rect
                class=fill
                x="0"
                y="0"
                width=move || format!("{:.1}", width())
                height="6"
            ></rect>
        </svg>
    }
}

/// One part of a split bar.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// The CSS class of its colour.
    pub class: String,
    /// How many.
    pub count: i64,
}

/// A bar split into parts, with a legend that names and counts each, linking to a filter.
#[component]
pub fn Split(
    /// What is split.
    title: &'static str,
    /// The parts, largest first.
    #[prop(into)]
    parts: Signal<Vec<Part>>,
    /// The filter column that the legend's links set.
    column: &'static str,
) -> impl IntoView {
    let total = move || parts.with(|parts| parts.iter().map(|part| part.count).sum::<i64>());
    let rects = move || {
        let all = total().max(1) as f64;
        let mut x = 0.0;
        parts
            .get()
            .into_iter()
            .map(|part| {
                let width = part.count as f64 / all * 100.0;
                let from = x;
                x += width;
                view! {
                    <rect
                        class=format!("fill {}", part.class)
                        x=format!("{from:.2}")
                        y="0"
                        width=format!("{width:.2}")
                        height="10"
                    ></rect>
                }
            })
            .collect_view()
    };
    let legend = move || {
        parts
            .get()
            .into_iter()
            .map(|part| {
                let term = super::filter::term(column, &part.name);
                view! {
                    <li>
                        <a href=crate::links::query(&[("q", &term)]) title=format!("Show only these sessions: {term}")>
                            <span class=format!("swatch {}", part.class) aria-hidden="true"></span>
                            <span>{part.name}</span>
                            <span class="num">{format::grouped(part.count as f64)}</span>
                        </a>
                    </li>
                }
            })
            .collect_view()
    };
    view! {
        <div class="split">
            <h2>{title} " " <span class="num muted">{move || format::grouped(total() as f64)}</span></h2>
            <svg class="split-bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">
                <rect class="bar-track" x="0" y="0" width="100" height="10"></rect>
                {rects}
            </svg>
            <ul class="legend">{legend}</ul>
        </div>
    }
}
