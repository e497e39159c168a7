//! What narrows the list of indexes: a form with the method GET, so that it stands in the address and works
//! without JavaScript.

use leptos::prelude::*;
use model::ServerId;
use model::indexes::{Listing, Question};

/// Problems that can be asked for: rule, and what people read.
const PROBLEMS: [(&str, &str); 9] = [
    ("indexes/invalid_index", "Invalid"),
    ("indexes/duplicate_index", "Duplicate"),
    ("indexes/redundant_index", "Redundant"),
    ("indexes/unused_index", "Unused"),
    ("indexes/rarely_used_index", "Rarely used"),
    ("indexes/index_larger_than_table", "Larger than its table"),
    ("tables/bloated_index", "Much room that nobody uses"),
    ("indexes/wide_write_cost", "Many on a busy table"),
    ("indexes/hot_prevented_by_index", "Prevents HOT updates"),
];

/// The form above the table.
#[component]
pub fn Controls(
    /// The server.
    server: ServerId,
    /// The question in the address.
    question: Memo<Question>,
    /// The answer: databases to choose from.
    listing: RwSignal<Listing>,
) -> impl IntoView {
    let databases = Memo::new(move |_| {
        let names = |one: &Listing| one.databases.iter().map(|one| one.datname.clone()).collect();
        listing.with(|listing| -> Vec<String> { names(listing) })
    });
    move || form(&server, &question.get(), &databases.get())
}

fn form(server: &ServerId, question: &Question, databases: &[String]) -> AnyView {
    let action = crate::links::area(server, "indexes");
    let databases: Vec<(&str, &str)> =
        databases.iter().map(|name| (name.as_str(), name.as_str())).collect();
    let sort = (!question.sort.is_empty())
        .then(|| view! { <input type="hidden" name="sort" value=question.sort.clone()/> });
    view! {
        <form class="filter statement-filter" role="search" method="get" action=action>
            <label><span>"Schema, table or index"</span>
                <input id="filter" type="search" name="q" value=question.q.clone() autocomplete="off"/>
            </label>
            {select("database", "Database", &question.database, &databases)}
            {select("problem", "Problem", &question.problem, &PROBLEMS)}
            <button type="submit">"Show"</button>
            {sort}
        </form>
    }
    .into_any()
}

fn select(
    name: &'static str,
    label: &'static str,
    chosen: &str,
    choices: &[(&str, &str)],
) -> AnyView {
    let is_other = !chosen.is_empty() && !choices.iter().any(|(value, _)| *value == chosen);
    let all = choices.iter().copied().chain(is_other.then_some((chosen, chosen)));
    let options = all.map(|(value, words)| {
        let selected = value == chosen;
        view! { <option value=value.to_owned() selected=selected>{words.to_owned()}</option> }
    });
    view! {
        <label><span>{label}</span>
            <select name=name><option value="">"all"</option>{options.collect_view()}</select>
        </label>
    }
    .into_any()
}
