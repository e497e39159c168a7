//! Page of index suggestions: indexes that the costliest statements of a database ask for, found and proved on
//! request, and what changes that a person types would do.

mod compared;
mod costs;
mod form;
mod functions;
mod result;
mod set;
mod start;
#[cfg(feature = "ssr")]
mod submit;

use leptos::prelude::*;
use model::ServerId;
use model::statements::Question;
use model::suggestions::WorkloadFacts;

use super::server_param;
use crate::links;
use crate::live::clock::Clock;
use crate::resource::loaded;
use crate::ui::format;
use crate::ui::page::page;
use crate::ui::reading::{empty, why};
use crate::ui::statement_links;
use functions::read_suggestions;
use start::SuggestionsStart;
#[cfg(feature = "ssr")]
pub use submit::{SuggestionsForm, submit_suggestions};

/// The page's icon: path data in a box of 20 × 20.
pub const ICON: &str = "M3 4h6M3 10h4M3 16h6M14 5v10M9 10h10";

/// The page component.
#[component]
pub fn Page() -> impl IntoView {
    let (server, question) = (server_param(), statement_links::from_url());
    let start = loaded(
        move || (server.get(), question.get()),
        |(server, question)| read_suggestions(server, question),
    );
    page("statements", start, move |start| {
        body(&server.get_untracked(), &question.get_untracked(), start)
    })
}

fn body(server: &ServerId, question: &Question, start: SuggestionsStart) -> AnyView {
    let workload = match &start.workload {
        Err(reason) => why(reason),
        Ok(facts) => told(server, question, facts),
    };
    let forms = form::forms(server, question, &start);
    view! {
        <header class="page-head">
            <h1>"Index suggestions of " {server.to_string()}</h1>
            <p class="verdict open">"Nothing is planned before you ask for it, and nothing is ever created or executed."</p>
        </header>
        <section class="panel" aria-labelledby="suggestions-workload">
            <h2 id="suggestions-workload">"Statements"</h2>
            {workload}
        </section>
        {forms}
    }
    .into_any()
}

/// Which statements are planned, and a form that chooses another database.
fn told(server: &ServerId, question: &Question, facts: &WorkloadFacts) -> AnyView {
    let clock = Clock::get();
    let (from_ms, to_ms) = (facts.from_ms, facts.to_ms);
    let notes = facts.notes.iter().cloned();
    let notes = notes.map(|note| view! { <p class="note" role="alert">{note}</p> }).collect_view();
    if facts.databases.is_empty() && facts.database.is_empty() {
        return view! { {notes} {empty("No statement of this time is known.")} }.into_any();
    }
    let all = format::plural(facts.statements as i64, "statement", "statements");
    let planned = match facts.planned {
        0 => "None of them has a plan and a text that is known.".to_owned(),
        planned if planned == facts.statements => "All of them are planned.".to_owned(),
        planned => format!(
            "Of these the {planned} costliest are planned that have a plan and whose text is known."
        ),
    };
    view! {
        {notes}
        {choice(server, question, facts)}
        <p>
            {all} " ran in database " <code>{facts.database.clone()}</code> " from "
            {move || clock.day_and_time(from_ms)} " to " {move || clock.day_and_time(to_ms)} ". " {planned}
        </p>
    }
    .into_any()
}

fn choice(server: &ServerId, question: &Question, facts: &WorkloadFacts) -> AnyView {
    let action = links::area(server, "suggestions");
    let is_other = !facts.databases.contains(&facts.database);
    let all = facts.databases.iter().chain(is_other.then_some(&facts.database)).cloned();
    let chosen = facts.database.clone();
    let options = all.map(|name| {
        let selected = name == chosen;
        view! { <option value=name.clone() selected=selected>{name.clone()}</option> }
    });
    view! {
        <form class="filter statement-filter" method="get" action=action>
            <label><span>"Database"</span>
                <select name="database">{options.collect_view()}</select>
            </label>
            {form::hidden(&[("range", &question.range), ("from", &question.from), ("to", &question.to)])}
            <button type="submit">"Show"</button>
        </form>
    }
    .into_any()
}
