//! A number with its unit: rounded on the page, exact in the tooltip, `unknown` where it is not
//! known.

use leptos::prelude::*;
use model::Unit;

use super::format;

/// A number with its unit. None is unknown, which is not zero.
#[component]
pub fn Number(
    /// The value.
    #[prop(into)]
    value: Signal<Option<f64>>,
    /// Its unit.
    unit: Unit,
) -> impl IntoView {
    view! {
        <span
            class="num"
            class:unknown=move || value.get().is_none()
            title=move || value.get().map_or_else(|| "Unknown".to_owned(), |v| format::exact(v, unit))
        >
            {move || value.get().map_or_else(|| "unknown".to_owned(), |v| format::number(v, unit))}
        </span>
    }
}

/// An age at the time of the reading; it changes with the reading, not with the clock.
#[component]
pub fn Age(
    /// Milliseconds; None renders nothing, for an age that does not apply.
    ms: Option<f64>,
) -> impl IntoView {
    let title = ms.map(|ms| format::exact(ms, Unit::Ms));
    view! { <span class="num" title=title>{ms.map(format::age).unwrap_or_default()}</span> }
}
