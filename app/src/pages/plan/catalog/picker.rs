//! Which server's catalog a plan is judged with: the choice, and asking for it. Only the names of the
//! plan's tables are sent, and only when a server is chosen.

use leptos::prelude::*;

use super::consulted;
use crate::pages::plan::explain::Servers;
use crate::pages::plan::state::Desk;

/// The choice; nothing for those who may not ask a server.
pub fn choice(desk: Desk) -> AnyView {
    let Some(servers) = use_context::<Servers>() else { return ().into_any() };
    view! {
        <Transition>
            {move || Suspend::new(async move {
                let choices = servers.0.await.ok().filter(|choices| !choices.servers.is_empty())?;
                let options = choices.servers.iter().map(|one| {
                    let name = one.id.to_string();
                    let here = name.clone();
                    view! { <option value=name selected=move || desk.judge.with(|judge| *judge == here)>{one.message()}</option> }
                });
                Some(view! {
                    <div class="plan-judge"><label>
                        <span>"Check it against the catalog of "</span>
                        <select
                            name="judge"
                            prop:value=move || desk.judge.get()
                            on:change:target=move |event| desk.judge.set(event.target().value())
                        >
                            <option value="" selected=move || desk.judge.with(String::is_empty)>"no server"</option>
                            {options.collect_view()}
                        </select>
                    </label>
                    <label>
                        <span>"Database "</span>
                        <input
                            type="text"
                            name="judge_database"
                            placeholder="default: from the DSN"
                            autocomplete="off"
                            spellcheck="false"
                            prop:value=move || desk.judge_database.get()
                            on:change:target=move |event| desk.judge_database.set(event.target().value().trim().to_owned())
                        />
                    </label></div>
                })
            })}
        </Transition>
    }
    .into_any()
}

/// The choice for the plan on the page; a plan without JavaScript is sent with its choice.
pub fn line(desk: Desk) -> AnyView {
    let none = move || desk.case.with(Option::is_none);
    view! { <div class="js-only" hidden=none>{choice(desk)}</div> }.into_any()
}

/// What the chosen server says of the plan's tables, or why that is not known.
pub fn told(desk: Desk) -> impl IntoView {
    move || {
        let unread = desk.unread.get().map(|message| {
            view! { <p class="plan-broken" role="status">"The plan is checked without the server's catalog, which could not be read. " {message}</p> }
        });
        let told = desk.consulted.with(|told| told.as_ref().map(|told| consulted(told)));
        view! { {unread} {told} }
    }
}

/// Asks the chosen server whenever another one is chosen.
#[cfg(feature = "hydrate")]
pub fn follow(desk: Desk) {
    use super::{Named, named, unread};
    use crate::pages::plan::analysis::Shared;
    use crate::pages::plan::explain::explain_catalog;
    use model::ServerId;

    Effect::new(move |_| {
        let asked = (desk.judge.get(), desk.judge_database.get());
        let paste = desk.paste.get();
        let Some(paste) = paste else { return };
        let known = desk.consulted.with_untracked(|told| {
            let known = told.as_ref().map(|told| (told.server.to_string(), told.database.clone()));
            known.unwrap_or_default()
        });
        if asked == known {
            return;
        }
        desk.unread.set(None);
        if asked.0.is_empty() {
            return desk.consulted.set(None);
        }
        let mut tables: Vec<Named> = paste.plans.iter().flat_map(|plan| named(plan)).collect();
        tables.sort();
        tables.dedup();
        leptos::task::spawn_local(async move {
            let answer =
                explain_catalog(ServerId::new(asked.0.clone()), asked.1.clone(), tables).await;
            let same = desk.judge.try_get_untracked() == Some(asked.0)
                && desk.judge_database.try_get_untracked() == Some(asked.1)
                && desk.paste.try_get_untracked() == Some(Some(paste));
            match answer {
                _ if !same => {}
                Ok(Ok(told)) => desk.consulted.set(Some(Shared::new(told))),
                Ok(Err(reason)) => desk.unread.set(Some(unread(&reason))),
                Err(error) => desk.unread.set(Some(error.to_string())),
            }
        });
    });
}
