//! Picker of the server whose catalog a plan is checked against, and the request for it. Sends only
//! the names of the plan's tables, and only after a server was selected.

use leptos::prelude::*;

use crate::pages::plan::code::SERVER;
use crate::pages::plan::explain::Servers;
use crate::pages::plan::state::PlanState;

/// The server picker; nothing without the permission to explain.
pub fn choice(state: PlanState) -> AnyView {
    let Some(servers) = use_context::<Servers>() else { return ().into_any() };
    view! {
        <Transition>
            {move || Suspend::new(async move {
                let choices = servers.0.await.ok().filter(|choices| !choices.servers.is_empty())?;
                let options = choices.servers.iter().map(|one| {
                    let name = one.id.to_string();
                    let here = name.clone();
                    view! { <option value=name selected=move || state.catalog_server.with(|catalog_server| *catalog_server == here)>{one.message()}</option> }
                });
                Some(view! {
                    <div class="plan-judge" class:alone=move || state.catalog_server.with(String::is_empty)><label>
                        <span>"Check against a server "</span>
                        <select
                            name="judge"
                            prop:value=move || state.catalog_server.get()
                            on:change:target=move |event| state.catalog_server.set(event.target().value())
                        >
                            <option value="" selected=move || state.catalog_server.with(String::is_empty)>"none"</option>
                            {options.collect_view()}
                        </select>
                    </label>
                    <label>
                        <span>"Database "</span>
                        <input
                            type="text"
                            name="judge_database"
                            placeholder="default database"
                            autocomplete="off"
                            spellcheck="false"
                            prop:value=move || state.catalog_database.get()
                            on:change:target=move |event| state.catalog_database.set(event.target().value().trim().to_owned())
                        />
                    </label></div>
                })
            })}
        </Transition>
    }
    .into_any()
}

/// The picker for the current plan; without JavaScript it is part of the input form.
pub fn line(state: PlanState) -> AnyView {
    let none = move || state.analysis.with(Option::is_none);
    view! { <div class="js-only" hidden=none>{choice(state)}</div> }.into_any()
}

/// The selected server's catalog of the plan's tables, or why it is not known.
pub fn catalog_section(state: PlanState) -> impl IntoView {
    move || {
        let catalog_error = state.catalog_error.get().map(|message| {
            view! { <p class="plan-broken" role="status">"The plan is checked without the server's catalog, which could not be read. " {message}</p> }
        });
        let catalog =
            state.server_catalog.with(|catalog| Some((SERVER.get()?.catalog)(catalog.as_ref()?)));
        view! { {catalog_error} {catalog} }
    }
}

/// Reads the catalog whenever another server is selected.
#[cfg(feature = "hydrate")]
pub fn follow(state: PlanState) {
    Effect::new(move |_| {
        let asked = (state.catalog_server.get(), state.catalog_database.get());
        if state.paste.with(Option::is_none) {
            return;
        }
        let known = state.server_catalog.with_untracked(|catalog| {
            let known = catalog
                .as_ref()
                .map(|catalog| (catalog.server.to_string(), catalog.database.clone()));
            known.unwrap_or_default()
        });
        if asked == known {
            return;
        }
        state.catalog_error.set(None);
        if asked.0.is_empty() {
            return state.server_catalog.set(None);
        }
        SERVER.with(move |code| (code.read_catalog)(state, asked.0, asked.1));
    });
}

/// Reads the catalog of a server and its database for the plans shown.
#[cfg(feature = "hydrate")]
pub fn read_catalog(state: PlanState, server: String, database: String) {
    use super::{TableName, catalog_error, tables_of};
    use crate::pages::plan::analysis::Shared;
    use crate::pages::plan::explain::explain_catalog;
    use model::ServerId;

    let Some(Some(paste)) = state.paste.try_get_untracked() else { return };
    let mut tables: Vec<TableName> = paste.plans.iter().flat_map(|plan| tables_of(plan)).collect();
    tables.sort();
    tables.dedup();
    leptos::task::spawn_local(async move {
        let answer = explain_catalog(ServerId::new(server.clone()), database.clone(), tables).await;
        let same = state.catalog_server.try_get_untracked() == Some(server)
            && state.catalog_database.try_get_untracked() == Some(database)
            && state.paste.try_get_untracked() == Some(Some(paste));
        match answer {
            _ if !same => {}
            Ok(Ok(catalog)) => state.server_catalog.set(Some(Shared::new(catalog))),
            Ok(Err(reason)) => state.catalog_error.set(Some(catalog_error(&reason))),
            Err(error) => state.catalog_error.set(Some(error.to_string())),
        }
    });
}

/// The server reads it for the form that was submitted.
#[cfg(not(feature = "hydrate"))]
pub fn read_catalog(_: PlanState, _: String, _: String) {}
