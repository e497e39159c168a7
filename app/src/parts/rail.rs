//! The rail: fleet, the areas of the chosen server with their badges, plan, rules, about. On narrow
//! screens the same list becomes the bar at the bottom.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use model::ServerId;

use crate::links;
use crate::navigation::Nav;
use crate::parts::findings::badge;
use crate::parts::icon::{Icon, icon};

/// The areas that have a page: (path below the server, words, icon, key after `g`).
pub const AREAS: [(&str, &str, Icon, char); 4] = [
    ("", "Overview", Icon::Overview, 'o'),
    ("activity", "Activity", Icon::Activity, 'a'),
    ("locks", "Locks", Icon::Locks, 'l'),
    ("replication", "Replication", Icon::Replication, 'c'),
];

/// The pages about no server in particular: (path, words, icon, key after `g`).
pub const PAGES: [(&str, &str, Icon, char); 6] = [
    ("/", "Fleet", Icon::Fleet, 'f'),
    ("/plan", "Plan", Icon::Plan, 'p'),
    ("/rules", "Rules", Icon::Rules, 'u'),
    ("/words", "Words", Icon::Words, 'w'),
    ("/audit", "Audit log", Icon::Audit, 'd'),
    ("/about", "About", Icon::About, 'b'),
];

/// The navigation of every page.
#[component]
pub fn Rail() -> impl IntoView {
    let nav = use_context::<Nav>();
    let path = use_location().pathname;
    let server = move || nav.and_then(|nav| nav.server.get());
    let page = move |(to, words, shape, _): (&'static str, &'static str, Icon, char)| {
        view! { <li><Entry to=to.to_owned() path words shape/></li> }
    };
    // A phone's bar has room for eight entries; there, the palette, the words themselves and the
    // pages of acts lead to the rest.
    let wide = move |(to, words, shape, _): (&'static str, &'static str, Icon, char)| {
        view! { <li class="wide-only"><Entry to=to.to_owned() path words shape/></li> }
    };
    let [fleet, plan, rules, explained, audit, about] = PAGES;
    view! {
        <nav class="rail" aria-label="Pages">
            <ul>
                {page(fleet)}
                {move || server().map(|server| areas(&server, path))}
                {page(plan)}
                {page(rules)}
                {wide(explained)}
                {wide(audit)}
                {page(about)}
            </ul>
        </nav>
    }
}

fn areas(server: &ServerId, path: Memo<String>) -> AnyView {
    AREAS
        .into_iter()
        .map(|(area, words, shape, _)| {
            let to =
                if area.is_empty() { links::overview(server) } else { links::area(server, area) };
            view! { <li class="area"><Entry to path words shape area/></li> }
        })
        .collect_view()
        .into_any()
}

#[component]
fn Entry(
    to: String,
    path: Memo<String>,
    words: &'static str,
    shape: Icon,
    #[prop(optional)] area: Option<&'static str>,
) -> impl IntoView {
    let nav = use_context::<Nav>();
    let here = {
        let to = to.clone();
        move || (path.get() == to).then_some("page")
    };
    let count = move || {
        let area = area?;
        badge(nav.and_then(|nav| nav.latest.with(|latest| latest.badge(area))))
    };
    view! {
        <a href=to aria-current=here title=words>
            {icon(shape)}
            <span class="rail-words">{words}</span>
            {count}
        </a>
    }
}
