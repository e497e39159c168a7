//! HOT chains as lists with arrows: from the line pointer that index entries point to, to the newest version.

use leptos::prelude::*;
use model::inspect::chain::{Chain, chains};
use model::inspect::heap::HeapPage;

use super::{notes, words};

/// The chains of a page.
pub fn panel(page: &HeapPage, block: u32) -> AnyView {
    let found = chains(&page.items, block);
    let drawn = found.iter().map(|chain| drawn(page, block, chain)).collect_view();
    let none = found.is_empty().then(|| {
        view! { <p class="empty">"No HOT chain on this page: no row was updated here without new index entries since it was last pruned."</p> }
    });
    view! {
        <section class="panel" aria-labelledby="chains-title">
            <h2 id="chains-title">"HOT chains"</h2>
            {none}
            <ul class="hot-chains">{drawn}</ul>
            {notes::details("What HOT spares", notes::hot(found.len()))}
        </section>
    }
    .into_any()
}

fn drawn(page: &HeapPage, block: u32, chain: &Chain) -> AnyView {
    let steps = chain.items.iter().enumerate().map(|(place, lp)| {
        let item = page.items.iter().find(|item| item.lp == *lp);
        let state = item.map(|item| words::state(item, block)).unwrap_or_default();
        let class = match item.and_then(|item| item.fate(block)) {
            Some(fate) => words::fate_class(fate),
            None => "lp-redirect",
        };
        let arrow = (place > 0).then(|| view! { <span class="arrow">" → "</span> });
        view! {
            {arrow}
            <a class=format!("step {class}") href=format!("#lp-{lp}") rel="external">
                <strong>{lp.to_string()}</strong> " " {state}
            </a>
        }
    });
    view! { <li><span class="muted">"Index entries → "</span> {steps.collect_view()}</li> }
        .into_any()
}
