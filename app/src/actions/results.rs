//! What was done, in words: where the form was, or at the top of a page whose rows come and go.

use leptos::prelude::*;
use model::action::{Done, Outcome};

use crate::ui::format;

/// Where a page tells what was done, so that it stays when what it was done to leaves the page.
#[derive(Clone, Copy, Default)]
pub struct Told(RwSignal<Vec<Done>>);

#[cfg(feature = "hydrate")]
impl Told {
    /// Tells it; gives it back when the page has gone.
    pub fn tell(self, done: Vec<Done>) -> Option<Vec<Done>> {
        self.0.try_set(done)
    }
}

/// What was done from this page, until somebody has read it.
#[component]
pub fn Results(told: Told) -> impl IntoView {
    let any = move || told.0.with(|done| !done.is_empty());
    view! {
        <div role="status" class="act">
            <Show when=any>
                <section class="panel" aria-label="Results">
                    {move || told.0.with(|done| results(done))}
                    <p class="act-buttons">
                        <a href="/audit">"Audit log"</a>
                        <button type="button" on:click=move |_| told.0.set(Vec::new())>"Close"</button>
                    </p>
                </section>
            </Show>
        </div>
    }
}

/// Each target with how it ended.
pub fn results(done: &[Done]) -> AnyView {
    let lines = done
        .iter()
        .map(|done| {
            let took = done.took_ms.map(|ms| format!(" It took {}.", format::age(ms)));
            view! {
                <li class=class(done.outcome)>
                    {told_of(done)} {took}
                </li>
            }
        })
        .collect_view();
    view! { <ul class="act-results">{lines}</ul> }.into_any()
}

/// The sentence, with the object in front where it does not begin with it.
fn told_of(done: &Done) -> String {
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
