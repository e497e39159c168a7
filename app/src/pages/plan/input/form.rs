//! Input form for plans: text area (works without JavaScript), files, the example.

use leptos::prelude::*;

use super::EXAMPLE;
use crate::pages::plan::state::PlanState;
use crate::ui::form_token::form_token;

/// What may be sent without JavaScript, bytes of text.
pub const MAX_SENT_BYTES: usize = 2 * 1024 * 1024;

/// The form; folded once a plan is shown.
#[component]
pub fn Form(state: PlanState) -> impl IntoView {
    let open = move || state.analysis.with(Option::is_none);
    let summary = move || if open() { "A plan" } else { "Change the plan" };
    let (plan, other) =
        (NodeRef::<leptos::html::Textarea>::new(), NodeRef::<leptos::html::Textarea>::new());
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let text = |field: NodeRef<leptos::html::Textarea>| {
            field.get_untracked().map(|field| field.value()).unwrap_or_default()
        };
        let (first, second) = (text(plan), text(other));
        let (catalog_server, database) =
            (state.catalog_server.get_untracked(), state.catalog_database.get_untracked());
        let opened = move |read| {
            // The selected server is a field of the submitted form.
            state.catalog_server.set(catalog_server);
            state.catalog_database.set(database);
            if read && !second.trim().is_empty() {
                state.compare(second);
            }
        };
        match first.trim().is_empty() {
            true => opened(true),
            false => state.load(first, opened),
        }
    };
    let example = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        state.load(EXAMPLE.to_owned(), |_| ());
    };
    let limit = format!("{} MiB", MAX_SENT_BYTES / 1024 / 1024);
    view! {
        <details class="plan-input panel" open=open>
            <summary>{summary}</summary>
            <form method="post" action="/plan" data-local="" on:submit=submit>
                {form_token()}
                <div class="plan-fields">
                    <label>
                        <span>"Plan"</span>
                        <textarea node_ref=plan name="plan" rows="8" spellcheck="false" autocomplete="off" data-plan="" placeholder="Paste the output of EXPLAIN (ANALYZE, BUFFERS) …: text, JSON, YAML or XML, as psql, pgAdmin or a log shows it"></textarea>
                    </label>
                    <label>
                        <span>"Compare with (optional)"</span>
                        <textarea node_ref=other name="other" rows="8" spellcheck="false" autocomplete="off" data-other="" placeholder="The plan after the change"></textarea>
                    </label>
                </div>
                {crate::pages::plan::catalog::picker::choice(state)}
                <p class="plan-actions">
                    <button type="submit" class="primary">"Show the plan"</button>
                    <label class="plan-file js-only">
                        "Open files "
                        <input type="file" multiple data-files=""/>
                    </label>
                    <a href="/plan?example=1" rel="external" on:click=example>"Show an example"</a>
                </p>
                <p class="plan-kept-back" role="status">"The plan is shown as soon as this page has loaded; it is not sent."</p>
                <p class="note">
                    "With JavaScript the plan is read in this browser and sent nowhere: paste or drop it anywhere on this page. "
                    "If you choose a server's catalog, that server is asked about the plan's tables by name. "
                    "Without JavaScript, this button sends up to " {limit} " to this pgdeck server, which does not store it."
                </p>
                {super::recent::list(state)}
            </form>
        </details>
    }
}
