//! Above the picture: which of the three views, and the filter.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use model::ServerId;

use super::query::Ask;

/// The views: (in the address, words).
const VIEWS: [(&str, &str); 3] = [("", "Graph"), ("tree", "Tree"), ("table", "Table")];

/// Title, views and filter.
#[component]
pub fn Tools(server: ServerId, ask: Memo<Ask>) -> impl IntoView {
    let tabs = VIEWS.map(|(view, words)| {
        let server = server.clone();
        let to =
            move || ask.with(|ask| Ask { view: view.into(), page: 0, ..ask.clone() }.to(&server));
        let here = move || ask.with(|ask| ask.view == view).then_some("page");
        view! { <a href=to aria-current=here data-noscroll="">{words}</a> }
    });
    let navigate = use_navigate();
    let typed = move |q: String| {
        let to = Ask { q, page: 0, ..ask.get_untracked() }.to(&server);
        navigate(
            &to,
            NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() },
        );
    };
    let hidden = |name: &'static str, of: fn(&Ask) -> String| {
        let value = move || ask.with(of);
        move || {
            (!value().is_empty()).then(|| view! { <input type="hidden" name=name value=value()/> })
        }
    };
    view! {
        <div class="table-head">
            <h2 id="graph-title">"Who waits for whom"</h2>
            <nav class="lock-views" aria-label="Views">{tabs.collect_view()}</nav>
            <form class="filter" role="search" method="get" on:submit=|event| event.prevent_default()>
                <input
                    id="filter"
                    aria-label="Filter: terms such as database:shop, application:web, object:orders, or any text"
                    type="search"
                    name="q"
                    autocomplete="off"
                    placeholder="object:orders application:web"
                    value=move || ask.with(|ask| ask.q.clone())
                    prop:value=move || ask.with(|ask| ask.q.clone())
                    on:input:target=move |event| typed(event.target().value())
                />
                {hidden("view", |ask| ask.view.clone())}
                {hidden("at", |ask| ask.at.map(|at| at.to_string()).unwrap_or_default())}
                <button type="submit">"Filter"</button>
            </form>
        </div>
    }
}
