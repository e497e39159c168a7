//! What can be done about an index, with the statement, its lock and its undo. A finding, where there is one, says
//! whether it should be.

use leptos::prelude::*;
use model::indexes::detail::{Change, Detail};

use crate::ui::findings::remedy;

/// The panel.
pub fn changes(detail: &Detail) -> AnyView {
    view! {
        <section class="panel" aria-labelledby="changes-title">
            <h2 id="changes-title">"What can be done about it"</h2>
            <p class="note">"These are its statements, not advice: whether one is worth it stands under the findings above."</p>
            {detail.changes.iter().map(change).collect_view()}
        </section>
    }
    .into_any()
}

fn change(change: &Change) -> AnyView {
    view! {
        <h3>{change.title.clone()}</h3>
        {remedy(&change.remedy)}
    }
    .into_any()
}
