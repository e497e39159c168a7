//! Results of an operator action, in place of its form or at the bottom of the screen. They remain
//! visible after the target has gone from the page, wherever it is scrolled to.

use leptos::prelude::*;
use model::action::{Done, Outcome};

use crate::ui::format;

/// The results shown at the bottom of the screen, in the context: they remain after the target has gone.
#[derive(Clone, Copy, Default)]
pub struct ActionResults(RwSignal<Vec<Done>>);

#[cfg(feature = "hydrate")]
impl ActionResults {
    /// Shows results; returns them when the signal is disposed.
    pub fn set(self, done: Vec<Done>) -> Option<Vec<Done>> {
        self.0.try_set(done)
    }
}

/// The results of actions on this page, until dismissed.
#[component]
pub fn Results(results: ActionResults) -> impl IntoView {
    let any = Memo::new(move |_| results.0.with(|done| !done.is_empty()));
    let panel = NodeRef::<leptos::html::Section>::new();
    // The button that was pressed is gone with its target: the focus goes to what came of it.
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        if let (true, Some(panel)) = (any.get(), panel.get()) {
            // Fails on an element that is not in the document; then there is nothing to focus.
            let _ = panel.focus();
        }
    });
    view! {
        <div role="status" class="act">
            <Show when=move || any.get()>
                <section node_ref=panel tabindex="-1" class="panel act-toast" aria-label="Results">
                    {move || results.0.with(|done| result_list(done))}
                    <p class="act-buttons">
                        <a href="/audit">"Audit log"</a>
                        <button type="button" on:click=move |_| results.0.set(Vec::new())>"Close"</button>
                    </p>
                </section>
            </Show>
        </div>
    }
}

/// The result of each target.
pub fn result_list(done: &[Done]) -> AnyView {
    let lines = done
        .iter()
        .map(|done| {
            let took = done.took_ms.map(|ms| format!(" It took {}.", format::age(ms)));
            view! {
                <li class=class(done.outcome)>
                    {sentence(done)} {took}
                </li>
            }
        })
        .collect_view();
    view! { <ul class="act-results">{lines}</ul> }.into_any()
}

/// The message, prefixed with the target unless it begins with it.
fn sentence(done: &Done) -> String {
    if done.message.starts_with(&done.object) {
        return done.message.clone();
    }
    format!("{}: {}", done.object, done.message)
}

fn class(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Worked => "worked",
        Outcome::Unseen | Outcome::Unknown | Outcome::Running => "unsure",
        Outcome::Refused => "refused",
    }
}
