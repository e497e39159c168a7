//! Recent plans in the browser's `localStorage`, never on the server: limited in number and size,
//! deletable, can be switched off.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::pages::plan::describe::shown;
#[cfg(feature = "hydrate")]
use crate::pages::plan::reading::READING;
use crate::pages::plan::state::PlanState;
use crate::ui::format;

/// Maximum of plans stored.
#[cfg(any(feature = "hydrate", test))]
const MOST: usize = 20;
/// Maximum of bytes of all plans; browsers allow about five million.
#[cfg(any(feature = "hydrate", test))]
const MOST_BYTES: usize = 2_000_000;

/// A recent plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecentPlan {
    /// The beginning of its verdict.
    pub title: String,
    /// When it was pasted, ms since the epoch by the browser's clock.
    pub at_ms: i64,
    /// The pasted text.
    pub text: String,
}

/// Adds a plan at the front; a duplicate moves to the front, and the oldest are evicted beyond the
/// limits.
#[cfg(any(feature = "hydrate", test))]
fn add(plans: &mut Vec<RecentPlan>, new: RecentPlan) {
    plans.retain(|old| old.text != new.text);
    plans.insert(0, new);
    plans.truncate(MOST);
    while plans.iter().map(|one| one.text.len()).sum::<usize>() > MOST_BYTES {
        plans.pop();
    }
}

/// The recent plans, and whether storing is on; in the context.
#[derive(Clone, Copy)]
pub struct RecentPlans {
    plans: RwSignal<Vec<RecentPlan>>,
    on: RwSignal<bool>,
}

impl RecentPlans {
    /// Empty until hydration.
    pub fn provide() -> Self {
        let recent = Self { plans: RwSignal::new(vec![]), on: RwSignal::new(true) };
        provide_context(recent);
        recent
    }

    fn store(self) {
        #[cfg(feature = "hydrate")]
        {
            let text = self.plans.with_untracked(serde_json::to_string);
            crate::pages::plan::browser::storage_set("pgdeck.plans", &text.unwrap_or_default());
            crate::pages::plan::browser::storage_set(
                "pgdeck.plans.off",
                if self.on.get_untracked() { "" } else { "off" },
            );
        }
    }
}

/// The text of the plan that was shown last, where plans are remembered.
#[cfg(feature = "hydrate")]
pub fn newest() -> Option<String> {
    let text = crate::pages::plan::browser::storage_get("pgdeck.plans")?;
    let plans: Vec<RecentPlan> = model::wire::read(&text).ok()?;
    plans.into_iter().next().map(|plan| plan.text)
}

/// Loads the list and stores each plan that is shown.
#[cfg(feature = "hydrate")]
pub fn follow(state: PlanState) {
    let Some(recent) = use_context::<RecentPlans>() else { return };
    Effect::new(move |before: Option<()>| {
        if before.is_none() {
            let text = crate::pages::plan::browser::storage_get("pgdeck.plans").unwrap_or_default();
            recent.plans.set(model::wire::read(&text).unwrap_or_default());
            recent.on.set(
                crate::pages::plan::browser::storage_get("pgdeck.plans.off")
                    .is_none_or(|word| word.is_empty()),
            );
        }
        let (Some(paste), Some(analysis)) = (state.paste.get(), state.analysis.get_untracked())
        else {
            return;
        };
        let fits = paste.text.len() <= MOST_BYTES / 2;
        if fits && recent.on.get_untracked() && paste.text != super::EXAMPLE {
            let Some(reading) = READING.get() else { return };
            let verdict = (reading.verdict)(&analysis).0;
            let title = crate::pages::plan::describe::short(&verdict, 110).into_owned();
            let new =
                RecentPlan { title, at_ms: js_sys::Date::now() as i64, text: paste.text.clone() };
            recent.plans.update(|plans| add(plans, new));
            recent.store();
        }
    });
}

/// The list; hidden without JavaScript.
pub fn list(state: PlanState) -> AnyView {
    let Some(recent) = use_context::<RecentPlans>() else { return ().into_any() };
    let rows = move || {
        let plans = recent.plans.get();
        plans.into_iter()
            .enumerate()
            .map(|(at, one)| {
                let message = format!("{}, {}", format::moment(one.at_ms), format::number(one.text.len() as f64, model::Unit::Bytes));
                let forget = move |_| {
                    recent.plans.update(|plans| {
                        if at < plans.len() {
                            plans.remove(at);
                        }
                    });
                    recent.store();
                };
                let (text, title) = (one.text, shown(&one.title).into_owned());
                let label = format!("Delete the plan: {title}");
                view! {
                    <li>
                        <button type="button" class="plain-button" on:click=move |_| state.load(text.clone(), |_| ())>{title}</button>
                        <span class="muted num">{message}</span>
                        <button type="button" aria-label=label on:click=forget>"Delete"</button>
                    </li>
                }
            })
            .collect_view()
    };
    let flip = move |_| {
        recent.on.update(|on| *on = !*on);
        if !recent.on.get_untracked() {
            recent.plans.set(vec![]);
        }
        recent.store();
    };
    let clear = move |_| {
        recent.plans.set(vec![]);
        recent.store();
    };
    let count = move || recent.plans.with(Vec::len);
    view! {
        <details class="plan-kept js-only">
            <summary>{move || format!("Recent plans, in this browser only ({})", count())}</summary>
            <ul>{rows}</ul>
            <p class="plan-actions">
                <label><input type="checkbox" prop:checked=move || recent.on.get() on:change=flip/> " Remember plans in this browser"</label>
                <button type="button" on:click=clear hidden=move || count() == 0>"Delete all"</button>
            </p>
        </details>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plans(text: &str) -> RecentPlan {
        RecentPlan { title: String::new(), at_ms: 0, text: text.into() }
    }

    #[test]
    fn few_and_small_and_no_doubles() {
        let mut all = vec![];
        for at in 0..30 {
            add(&mut all, plans(&at.to_string()));
        }
        add(&mut all, plans("25"));
        assert_eq!((all.len(), all[0].text.as_str()), (MOST, "25"));
        for letter in ["a", "b", "c"] {
            add(&mut all, plans(&letter.repeat(MOST_BYTES / 2)));
        }
        assert_eq!(all.len(), 2);
    }
}
