//! Glossary of the terms and metrics on the pages, with a link to PostgreSQL's manual.

use leptos::prelude::*;

use crate::shell::navigation::Nav;
use crate::ui::term::id;
use crate::ui::terms::TERMS;

/// The page's icon: path data in a box of 20 × 20.
pub const ICON: &str =
    "M10 5c-2-1.5-4.5-1.5-7-1v11c2.5-.5 5-.5 7 1 2-1.5 4.5-1.5 7-1V4c-2.5-.5-5-.5-7 1zM10 5v11";

/// The page component.
#[component]
pub fn Page() -> impl IntoView {
    let majors = Memo::new(|_| majors());
    let entry = move |(name, message, chapter): (&'static str, &'static str, &'static str)| {
        let manuals = move || {
            let link = |major: String| {
                let to = format!("https://www.postgresql.org/docs/{major}/{chapter}");
                view! { " " <a href=to rel="external noopener noreferrer">{major}</a> }
            };
            majors.get().into_iter().map(link).collect_view()
        };
        view! {
            <div id=id(name)>
                <dt>{name}</dt>
                <dd>{message} <span class="muted">" Manual:" {manuals}</span></dd>
            </div>
        }
    };
    view! {
        <header class="page-head">
            <h1>"Glossary"</h1>
            <p class="verdict">"What the numbers mean, with links to the manual of each watched major version."</p>
        </header>
        <dl class="glossary">{TERMS.map(entry).collect_view()}</dl>
    }
}

/// The major versions of the watched servers, newest first; `current` where none is known.
fn majors() -> Vec<String> {
    let mut majors: Vec<u16> = use_context::<Nav>()
        .map(|nav| {
            let facts = |nav: &crate::shell::navigation::Navigation| {
                nav.servers.iter().filter_map(|one| Some(one.facts.as_ref()?.major)).collect()
            };
            nav.latest.with(facts)
        })
        .unwrap_or_default();
    majors.sort_unstable_by(|a, b| b.cmp(a));
    majors.dedup();
    if majors.is_empty() {
        return vec!["current".into()];
    }
    majors.into_iter().map(|major| major.to_string()).collect()
}
