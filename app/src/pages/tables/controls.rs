//! What narrows the list: a form with the method GET, so all of it stands in the address and works without
//! JavaScript.

use leptos::prelude::*;
use model::ServerId;
use model::tables::Question;
use model::tables::listing::{DatabaseState, Shown};

use crate::live::findings::Judged;

/// The controls above the map.
#[component]
pub fn Controls(
    /// The server.
    server: ServerId,
    /// The question in the address.
    question: Memo<Question>,
    /// All databases.
    databases: Memo<Vec<DatabaseState>>,
    /// What was found: its rules are choices.
    judged: RwSignal<Judged>,
) -> impl IntoView {
    let names = Memo::new(move |_| {
        databases.with(|all| all.iter().map(|one| one.datname.clone()).collect::<Vec<_>>())
    });
    let rules = Memo::new(move |_| {
        let mut rules: Vec<String> = judged.with(|(findings, _)| {
            let of_tables = findings.iter().filter(|finding| finding.rule.starts_with("tables/"));
            of_tables.map(|finding| finding.rule.clone()).collect()
        });
        rules.sort_unstable();
        rules.dedup();
        rules
    });
    move || form(&server, &question.read(), &names.read(), &rules.read())
}

fn form(server: &ServerId, question: &Question, databases: &[String], rules: &[String]) -> AnyView {
    let same = |names: &[String]| -> Vec<(String, String)> {
        names.iter().map(|name| (name.clone(), name.clone())).collect()
    };
    let all = |names: &[String]| {
        let mut choices = vec![(String::new(), "all".to_owned())];
        choices.extend(same(names));
        choices
    };
    let kinds: Vec<(String, String)> = Shown::ALL
        .iter()
        .map(|(_, word, label)| ((*word).to_owned(), (*label).to_owned()))
        .collect();
    let hidden = [("sort", &question.sort), ("map", &question.map)]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| view! { <input type="hidden" name=name value=value.clone()/> });
    view! {
        <form class="filter statement-filter" role="search" method="get" action=crate::links::area(server, "tables")>
            <label><span>"Schema or name"</span>
                <input id="filter" type="search" name="q" value=question.q.clone() autocomplete="off"/>
            </label>
            {select("database", "Database", &question.database, all(databases))}
            {select("kind", "Kind", &question.kind, kinds)}
            {select("problem", "With a finding of", &question.problem, all(rules))}
            <button type="submit">"Show"</button>
            {hidden.collect_view()}
        </form>
    }
    .into_any()
}

/// A choice of values with their labels; a chosen value that is not among them stays.
fn select(
    name: &'static str,
    label: &'static str,
    chosen: &str,
    choices: Vec<(String, String)>,
) -> AnyView {
    let gone = !choices.iter().any(|(value, _)| value == chosen);
    let gone = gone.then(|| (chosen.to_owned(), chosen.to_owned()));
    let options = choices.into_iter().chain(gone).map(|(value, label)| {
        let selected = value == chosen;
        view! { <option value=value selected=selected>{label}</option> }
    });
    view! { <label><span>{label}</span><select name=name>{options.collect_view()}</select></label> }
        .into_any()
}
