//! Toolbar of the locks page: tabs of the three views, and the filter.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use model::ServerId;

use super::query::LocksQuery;

/// The views: (value in the URL, label).
const VIEWS: [(&str, &str); 3] = [("", "Graph"), ("tree", "Tree"), ("table", "Table")];

/// Title, views and filter.
#[component]
pub fn Toolbar(server: ServerId, query: Memo<LocksQuery>) -> impl IntoView {
    let tabs = VIEWS.map(|(view, words)| {
        let server = server.clone();
        let to = move || {
            query.with(|query| {
                LocksQuery { view: view.into(), page: 0, ..query.clone() }.to(&server)
            })
        };
        let here = move || query.with(|query| query.view == view).then_some("page");
        view! { <a href=to aria-current=here data-noscroll="">{words}</a> }
    });
    let navigate = use_navigate();
    let typed = move |q: String| {
        let to = LocksQuery { q, page: 0, ..query.get_untracked() }.to(&server);
        navigate(
            &to,
            NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() },
        );
    };
    let hidden = |name: &'static str, of: fn(&LocksQuery) -> String| {
        let value = move || query.with(of);
        move || {
            (!value().is_empty()).then(|| view! { <input type="hidden" name=name value=value()/> })
        }
    };
    view! {
        <div class="table-head">
            <h2 id="graph-title">"Who waits for whom"</h2>
            <nav class="views" aria-label="Views">{tabs.collect_view()}</nav>
            <form class="filter" role="search" method="get" on:submit=|event| event.prevent_default()>
                <input
                    id="filter"
                    aria-label="Filter: terms such as database:shop, application:web, object:orders, or any text"
                    type="search"
                    name="q"
                    autocomplete="off"
                    placeholder="object:orders application:web"
                    value=move || query.with(|query| query.q.clone())
                    prop:value=move || query.with(|query| query.q.clone())
                    on:input:target=move |event| typed(event.target().value())
                />
                {hidden("view", |query| query.view.clone())}
                {hidden("at", |query| query.at.map(|at| at.to_string()).unwrap_or_default())}
                {crate::live::range::inputs()}
                <button type="submit">"Filter"</button>
            </form>
        </div>
    }
}
