//! Fleet page: all servers, those in trouble first, as cards or as a table that can be filtered,
//! sorted and grouped by label. Renders the data of the navigation.

pub mod card;
pub mod past;
pub mod rows;
pub mod table;
pub mod verdict;

use leptos::prelude::*;
use model::ServerId;

use crate::live::range::range;
use crate::resource::loaded;
use crate::shell::navigation::Nav;
use crate::ui::keyed::keyed;
use crate::ui::query_params::QueryParams;
use crate::ui::reading::{api_error, empty, loading};
use crate::ui::verdict::Verdict;
use card::Card;
use past::{FleetPast, follow, read_fleet_past};
use table::{Toolbar, table};

/// The page's icon: path data in a box of 20 × 20.
pub const ICON: &str = "M3 4h14v4H3zM3 12h14v4H3zM6 6h1M6 14h1";

/// The query parameters.
const PARAMS: &[&str] = &["view", "q", "sort", "group"];
/// From so many servers on the table is shown first: the cards would be several screens.
const TABLE_FROM: usize = 13;

/// The page component.
#[component]
pub fn Page() -> impl IntoView {
    let nav = use_context::<Nav>();
    let range = range();
    let past = loaded(move || range.get_untracked(), read_fleet_past);
    view! {
        <Transition fallback=|| loading("servers")>
            {move || Suspend::new(async move {
                let Some(nav) = nav else { return ().into_any() };
                let past = past.await;
                match nav.ready().await {
                    Ok(()) => view! { <Servers nav past=past.unwrap_or_default()/> }.into_any(),
                    Err(error) => api_error(&error),
                }
            })}
        </Transition>
    }
}

#[component]
fn Servers(nav: Nav, past: FleetPast) -> impl IntoView {
    let past = RwSignal::new(past);
    follow(past);
    let shows_past = Memo::new(move |_| past.with(|past| !past.is_empty()));
    let params = QueryParams::get(PARAMS);
    let words = Memo::new(move |_| nav.latest.with(|latest| verdict::words(&latest.servers)));
    let count = Memo::new(move |_| nav.latest.with(|latest| latest.servers.len()));
    let as_table = Memo::new(move |_| match params.value("view").as_str() {
        "table" => true,
        "cards" => false,
        _ => count.get() >= TABLE_FROM,
    });
    let rows = Memo::new(move |_| {
        nav.latest.with(|latest| {
            rows::rows(
                &latest.servers,
                &params.value("q"),
                &params.value("sort"),
                &params.value("group"),
            )
        })
    });
    let ids = Memo::new(move |_| {
        rows.with(|rows| rows.iter().filter_map(|row| row.id.clone()).collect::<Vec<_>>())
    });
    view! {
        <header class="page-head">
            <h1>"Fleet"</h1>
            <Verdict words/>
        </header>
        {move || {
            (count.get() == 0)
                .then(|| empty("No server is being watched. Start pgdeck with a connection string, or add [[servers]] to pgdeck.toml."))
        }}
        {move || shows_past.get().then(|| view! {
            <p class="note">"The lines of transactions show the chosen range; all numbers are of now."</p>
        })}
        {move || (count.get() > 1).then(|| view! { <Toolbar nav params as_table/> })}
        {move || match as_table.get() {
            true => table(nav, past, params, rows),
            false => view! {
                <ul class="fleet">
                    {keyed(move || ids.get(), move |id| view! { <Card nav past id=ServerId::new(id)/> }.into_any())}
                </ul>
            }
            .into_any(),
        }}
        {move || (count.get() > 0 && ids.with(Vec::is_empty)).then(|| empty("No server matches this filter. Clear it to see all."))}
    }
}
