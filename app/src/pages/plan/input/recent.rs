//! The plans somebody looked at before, in this browser's own storage and nowhere else: few, small,
//! to be deleted one by one or all at once, and off when the reader wants it off.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::pages::plan::describe::shown;
use crate::pages::plan::state::Desk;
use crate::ui::format;

/// Plans kept.
#[cfg(any(feature = "hydrate", test))]
const MOST: usize = 20;
/// Bytes of all plans kept; browsers allow about five million.
#[cfg(any(feature = "hydrate", test))]
const MOST_BYTES: usize = 2_000_000;

/// A plan kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// Its verdict's beginning.
    pub title: String,
    /// When it was pasted, ms since the epoch by the browser's clock.
    pub at_ms: i64,
    /// The paste.
    pub text: String,
}

/// Puts a plan in front; the same paste moves to the front, and the oldest go when there are too many.
#[cfg(any(feature = "hydrate", test))]
fn add(kept: &mut Vec<Kept>, new: Kept) {
    kept.retain(|old| old.text != new.text);
    kept.insert(0, new);
    kept.truncate(MOST);
    while kept.iter().map(|one| one.text.len()).sum::<usize>() > MOST_BYTES {
        kept.pop();
    }
}

/// What is kept, and whether anything is.
#[derive(Clone, Copy)]
pub struct Memory {
    kept: RwSignal<Vec<Kept>>,
    on: RwSignal<bool>,
}

impl Memory {
    /// Empty until the browser takes over.
    pub fn provide() -> Self {
        let memory = Self { kept: RwSignal::new(vec![]), on: RwSignal::new(true) };
        provide_context(memory);
        memory
    }

    fn store(self) {
        #[cfg(feature = "hydrate")]
        {
            let text = self.kept.with_untracked(serde_json::to_string);
            crate::pages::plan::browser::keep("pgdeck.plans", &text.unwrap_or_default());
            crate::pages::plan::browser::keep(
                "pgdeck.plans.off",
                if self.on.get_untracked() { "" } else { "off" },
            );
        }
    }
}

/// Fills the memory and keeps each plan that is shown.
#[cfg(feature = "hydrate")]
pub fn follow(desk: Desk) {
    let Some(memory) = use_context::<Memory>() else { return };
    Effect::new(move |before: Option<()>| {
        if before.is_none() {
            let text = crate::pages::plan::browser::kept("pgdeck.plans").unwrap_or_default();
            memory.kept.set(model::wire::read(&text).unwrap_or_default());
            memory.on.set(
                crate::pages::plan::browser::kept("pgdeck.plans.off")
                    .is_none_or(|word| word.is_empty()),
            );
        }
        let (Some(paste), Some(case)) = (desk.paste.get(), desk.case.get_untracked()) else {
            return;
        };
        let fits = paste.text.len() <= MOST_BYTES / 2;
        if fits && memory.on.get_untracked() && paste.text != crate::pages::plan::EXAMPLE {
            let title = crate::pages::plan::describe::short(
                &crate::pages::plan::describe::verdict(&case).0,
                110,
            )
            .into_owned();
            let new = Kept { title, at_ms: js_sys::Date::now() as i64, text: paste.text.clone() };
            memory.kept.update(|kept| add(kept, new));
            memory.store();
        }
    });
}

/// The list; nothing without JavaScript.
pub fn list(desk: Desk) -> AnyView {
    let Some(memory) = use_context::<Memory>() else { return ().into_any() };
    let rows = move || {
        let kept = memory.kept.get();
        kept.into_iter()
            .enumerate()
            .map(|(at, one)| {
                let message = format!("{}, {}", format::moment(one.at_ms), format::number(one.text.len() as f64, model::Unit::Bytes));
                let forget = move |_| {
                    memory.kept.update(|kept| {
                        if at < kept.len() {
                            kept.remove(at);
                        }
                    });
                    memory.store();
                };
                let (text, title) = (one.text, shown(&one.title).into_owned());
                let label = format!("Delete the plan: {title}");
                view! {
                    <li>
                        <button type="button" class="plain-button" on:click=move |_| { desk.load(text.clone()); }>{title}</button>
                        <span class="muted num">{message}</span>
                        <button type="button" aria-label=label on:click=forget>"Delete"</button>
                    </li>
                }
            })
            .collect_view()
    };
    let flip = move |_| {
        memory.on.update(|on| *on = !*on);
        if !memory.on.get_untracked() {
            memory.kept.set(vec![]);
        }
        memory.store();
    };
    let clear = move |_| {
        memory.kept.set(vec![]);
        memory.store();
    };
    let count = move || memory.kept.with(Vec::len);
    view! {
        <details class="plan-kept js-only">
            <summary>{move || format!("Recent plans, in this browser only ({})", count())}</summary>
            <ul>{rows}</ul>
            <p class="plan-actions">
                <label><input type="checkbox" prop:checked=move || memory.on.get() on:change=flip/> " Remember plans in this browser"</label>
                <button type="button" on:click=clear hidden=move || count() == 0>"Delete all"</button>
            </p>
        </details>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(text: &str) -> Kept {
        Kept { title: String::new(), at_ms: 0, text: text.into() }
    }

    #[test]
    fn few_and_small_and_no_doubles() {
        let mut all = vec![];
        for at in 0..30 {
            add(&mut all, kept(&at.to_string()));
        }
        add(&mut all, kept("25"));
        assert_eq!((all.len(), all[0].text.as_str()), (MOST, "25"));
        for letter in ["a", "b", "c"] {
            add(&mut all, kept(&letter.repeat(MOST_BYTES / 2)));
        }
        assert_eq!(all.len(), 2);
    }
}
