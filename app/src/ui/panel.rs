//! A panel of a part of a reading: what it shows, or why that is unknown. Its frame stays while its
//! rows change, so that scroll position, focus and opened disclosures do.

use leptos::prelude::*;
use model::Known;

use super::reading::why;

/// A part of the newest reading; None: there is no reading.
pub type Found<T> = Memo<Option<Known<T>>>;

/// Draws a part once, over a signal of it, and again only when it became known or unknown.
pub fn panel<T>(
    found: Found<T>,
    draw: impl Fn(Signal<T>) -> AnyView + Copy + Send + Sync + 'static,
) -> AnyView
where
    T: Clone + Default + PartialEq + Send + Sync + 'static,
{
    let reason = Memo::new(move |_| {
        found.with(|found| found.as_ref().and_then(|known| known.as_ref().err().cloned()))
    });
    let is_there = Memo::new(move |_| found.with(Option::is_some));
    let value = Signal::derive(move || {
        found.with(|found| found.as_ref().and_then(|known| known.clone().ok()).unwrap_or_default())
    });
    view! {
        {move || match reason.get() {
            Some(reason) => why(&reason),
            None if is_there.get() => draw(value),
            None => ().into_any(),
        }}
    }
    .into_any()
}
