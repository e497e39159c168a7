//! The range that the charts of a page show: live, or a span of the past. It is the query parameter
//! `range`, so a link shows the same to somebody else, and choosing one works without JavaScript.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use model::{ServerId, Span};

use crate::ui::query_params::QueryParams;

/// The query parameter.
const RANGE: &str = "range";

/// The word in the address; empty for live.
pub fn range() -> Memo<String> {
    let query = use_query_map();
    Memo::new(move |_| query.with(|query| query.get(RANGE)).unwrap_or_default())
}

/// The source of a page's first render: its server, with the range at that time. Choosing another range
/// loads the charts alone.
pub fn with_range(server: Memo<ServerId>) -> impl Fn() -> (ServerId, String) {
    let range = range();
    move || (server.get(), range.get_untracked())
}

/// Links to each span, the current one marked; `names` are the page's other query parameters and `range`.
#[component]
pub fn Ranges(
    /// The word in the address.
    range: Memo<String>,
    /// Query parameters that a link keeps.
    names: &'static [&'static str],
) -> impl IntoView {
    let params = QueryParams::get(names);
    let chosen = move || Span::read(&range.get()).unwrap_or_default();
    let links = Span::ALL
        .into_iter()
        .map(|span| {
            let word = if span == Span::Live { "" } else { span.as_str() };
            let here = move || (chosen() == span).then_some("true");
            view! { <a href=move || params.to(&[(RANGE, word)]) aria-current=here>{span.label()}</a> }
        })
        .collect_view();
    view! {
        <nav class="ranges" aria-label="Time range of the charts">{links}</nav>
        {move || Span::read(&range.get()).err().map(|message| view! { <p class="note" role="alert">{message}</p> })}
    }
}
