//! What narrows, groups, compares and widens the ranking: links and a form with the method GET, so all of it
//! stands in the address and works without JavaScript.

use leptos::prelude::*;
use model::statements::figure::COLUMN_SETS;
use model::statements::{Question, Ranking};
use model::{Known, ServerId};

use super::table::columns;
use crate::ui::format;
use crate::ui::statement_links::{pairs, to_ranking};

/// Windows to compare with: the word in the address and what its link says.
const WINDOWS: [(&str, &str); 4] = [
    ("", "Nothing"),
    ("previous", "As long before"),
    ("yesterday", "Yesterday"),
    ("week", "Same time last week"),
];
/// Fields of the form; other parameters go along hidden.
const FIELDS: [&str; 5] = ["q", "database", "role", "with", "page"];
/// Keys of tags that are offered for grouping.
const MOST_TAGS: usize = 8;

/// The controls above the table.
#[component]
pub fn Controls(
    /// The server.
    server: ServerId,
    /// The question in the address.
    question: Memo<Question>,
    /// The answer: names to choose from.
    ranking: RwSignal<Known<Ranking>>,
) -> impl IntoView {
    let names = Memo::new(move |_| {
        ranking.with(|ranking| {
            let ranking = ranking.as_ref().ok();
            let of =
                |of: fn(&Ranking) -> &Vec<String>| ranking.map(of).cloned().unwrap_or_default();
            (of(|r| &r.databases), of(|r| &r.roles), of(|r| &r.tags))
        })
    });
    view! {
        {move || {
            let (question, (databases, roles, tags)) = (question.get(), names.get());
            view! {
                {form(&server, &question, &databases, &roles)}
                {narrowed(&server, &question)}
                {choices(&server, &question, &tags)}
            }
        }}
    }
}

fn form(server: &ServerId, question: &Question, databases: &[String], roles: &[String]) -> AnyView {
    let action = crate::links::area(server, "statements");
    let hidden = pairs(question)
        .into_iter()
        .filter(|(name, value)| !FIELDS.contains(name) && !value.is_empty())
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
        .collect_view();
    let more = is_moment(&question.with);
    let with = written(&question.with);
    view! {
        <form class="filter statement-filter" role="search" method="get" action=action>
            <label><span>"Text or query id"</span>
                <input id="filter" type="search" name="q" value=question.q.clone() autocomplete="off"/>
            </label>
            {select("database", "Database", &question.database, databases)}
            {select("role", "Role", &question.role, roles)}
            <button type="submit">"Show"</button>
            <details class="statement-window" open=more>
                <summary>"Compare with a window"</summary>
                <div>
                <label><span>"Its begin (UTC); it is as long as this one"</span>
                    <input type="text" name="with" value=with placeholder="2026-11-21T07:00" autocomplete="off"/>
                </label>
                </div>
            </details>
            {hidden}
        </form>
    }
    .into_any()
}

/// A moment as people write it; anything else stays.
fn written(moment: &str) -> String {
    let Ok(ms) = moment.parse::<i64>() else { return moment.to_owned() };
    format::moment(ms).trim_end_matches(" UTC").replace(' ', "T")
}

/// Whether what is compared with is none of the links.
fn is_moment(with: &str) -> bool {
    WINDOWS.iter().all(|(word, _)| *word != with)
}

fn select(name: &'static str, label: &'static str, chosen: &str, names: &[String]) -> AnyView {
    let gone = !chosen.is_empty() && !names.iter().any(|name| name == chosen);
    let all = names.iter().cloned().chain(gone.then(|| chosen.to_owned()));
    let options = all.map(|name| {
        let selected = name == chosen;
        view! { <option value=name.clone() selected=selected>{name.clone()}</option> }
    });
    view! {
        <label><span>{label}</span>
            <select name=name><option value="">"all"</option>{options.collect_view()}</select>
        </label>
    }
    .into_any()
}

/// What a group's link narrowed the ranking to, and the way back.
fn narrowed(server: &ServerId, question: &Question) -> AnyView {
    let without = |of: fn(&mut Question) -> &mut String| {
        let mut without = Question { page: 0, ..question.clone() };
        let value = std::mem::take(of(&mut without));
        (!value.is_empty()).then(|| (value, to_ranking(server, &without)))
    };
    let found = [
        ("Table", without(|q| &mut q.table)),
        ("Tag", without(|q| &mut q.tag)),
        ("Fingerprint", without(|q| &mut q.fingerprint)),
    ];
    let lines = found.into_iter().filter_map(|(name, found)| {
        let (value, to) = found?;
        Some(view! { <p class="note">{name} " " <code>{value}</code> " only. " <a href=to>"Show all"</a></p> })
    });
    lines.collect_view().into_any()
}

/// Links to the windows to compare with, the groupings and the sets of columns.
fn choices(server: &ServerId, question: &Question, tags: &[String]) -> AnyView {
    let to = |change: &dyn Fn(&mut Question)| {
        let mut changed = Question { page: 0, ..question.clone() };
        change(&mut changed);
        to_ranking(server, &changed)
    };
    let windows = WINDOWS.map(|(word, label)| {
        let to = to(&|q: &mut Question| {
            q.with = word.to_owned();
            // Without a window there is no change to order by.
            if word.is_empty() && q.sort.contains("change-") {
                q.sort.clear();
            }
        });
        (label.to_owned(), to, question.with == word)
    });
    let fixed = [("", "Each statement"), ("fingerprint", "Fingerprint"), ("table", "Table")];
    let fixed = fixed.into_iter().map(|(word, label)| (word.to_owned(), label.to_owned()));
    let of_tags =
        tags.iter().take(MOST_TAGS).map(|key| (format!("tag:{key}"), format!("Tag {key}")));
    let groups: Vec<(String, String, bool)> = fixed
        .chain(of_tags)
        .map(|(word, label)| {
            let here = question.group == word;
            (label, to(&|q: &mut Question| q.group.clone_from(&word)), here)
        })
        .collect();
    let shown = columns(&question.columns).0;
    let sets = COLUMN_SETS.map(|(word, label, _)| {
        let to = to(&|q: &mut Question| q.columns = word.to_owned());
        (label.to_owned(), to, shown == word)
    });
    view! {
        <div class="statement-choices">
            {links("Compare with", &windows)}
            {links("Group by", &groups)}
            {links("Columns", &sets)}
        </div>
    }
    .into_any()
}

fn links(label: &'static str, links: &[(String, String, bool)]) -> AnyView {
    let links = links.iter().map(|(label, to, here)| {
        view! { <a href=to.clone() aria-current=here.then_some("true")>{label.clone()}</a> }
    });
    view! { <nav class="ranges" aria-label=label><span class="muted">{label}</span>{links.collect_view()}</nav> }
        .into_any()
}
