//! Page that measures the bloat of one table or index: what can be measured and what it would read, a budget,
//! progress, and the result.

mod form;
mod functions;
mod result;
mod start;
#[cfg(feature = "ssr")]
mod submit;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use model::ServerId;
use model::measure::Target;

use super::server_param;
use crate::links;
use crate::resource::loaded;
use crate::ui::page::page;
use crate::ui::reading::empty;
use functions::read_measure;
use start::MeasureStart;
#[cfg(feature = "ssr")]
pub use submit::{MeasuredForm, submit_measurement};

/// The page's icon: path data in a box of 20 × 20.
pub const ICON: &str = "M2 13L13 2l5 5L7 18zM6 9l2 2M9 6l2 2M12 3l2 2";

/// The page component.
#[component]
pub fn Page() -> impl IntoView {
    let (server, address) = (server_param(), use_query_map());
    let target = Memo::new(move |_| {
        address.with(|query| {
            let of = |name| query.get(name).unwrap_or_default();
            Target { database: of("database"), schema: of("schema"), relation: of("relation") }
        })
    });
    let start = loaded(
        move || (server.get(), target.get()),
        |(server, target)| read_measure(server, target),
    );
    page("measure", start, move |start| body(&server.get_untracked(), start))
}

fn body(server: &ServerId, start: MeasureStart) -> AnyView {
    let address = links::area(server, "measure");
    let target = start.target.clone();
    let measuring = match (&start.offers, target.relation.is_empty()) {
        (_, true) => empty("Name a table or an index to see how its bloat can be measured."),
        (Some(Ok(offers)), _) => form::offered(server, offers.clone(), &start),
        (Some(Err(why)), _) => result::not_measured(why),
        (None, _) => ().into_any(),
    };
    view! {
        <header class="page-head">
            <h1>"Bloat measurement of " {server.to_string()}</h1>
            <p class="verdict open">"Nothing is read before you ask for it."</p>
        </header>
        <section class="panel" aria-labelledby="measure-what">
            <h2 id="measure-what">"Table or index"</h2>
            <form method="get" action=address class="measure-what">
                <label>"Database " <input name="database" value=target.database autocomplete="off"/></label>
                <label>"Schema " <input name="schema" value=target.schema autocomplete="off"/></label>
                <label>"Table or index " <input name="relation" value=target.relation autocomplete="off"/></label>
                <button type="submit">"Look"</button>
            </form>
        </section>
        {measuring}
    }
    .into_any()
}
