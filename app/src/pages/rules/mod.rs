//! Rules page: every rule with its limits in force, where each comes from, and the manual's
//! chapter.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use model::finding::LimitEntry;
use model::{ApiError, RuleEntry, ServerId};

use crate::links;
use crate::resource::loaded;
use crate::routes::access;
use crate::ui::format;
use crate::ui::page::page;
use crate::ui::reading::empty;

access! { "/api/rules" Any(See) }

/// All rules, and which of them fire now: (server, rule).
pub type Rules = (Vec<RuleEntry>, Vec<(ServerId, String)>);

/// All rules, and which fire on the servers that the user may see.
#[server(prefix = "/api", endpoint = "rules", output = model::wire::Json)]
pub async fn read_rules() -> Result<Rules, ApiError> {
    use crate::auth;
    let user = auth::require(model::Permission::See, None)?;
    let engine = auth::engine()?;
    let mut fires = vec![];
    for server in engine.servers() {
        if user.may_on(model::Permission::See, &server.id) {
            let mut rules: Vec<_> =
                engine.findings(&server.id).0.into_iter().map(|found| found.rule).collect();
            rules.sort_unstable();
            rules.dedup();
            fires.extend(rules.into_iter().map(|rule| (server.id.clone(), rule)));
        }
    }
    Ok((engine.rules(), fires))
}

/// The page's icon: path data in a box of 20 × 20.
pub const ICON: &str = "M4 5l2 2 3-3M4 13l2 2 3-3M12 6h5M12 14h5";

/// The page component.
#[component]
pub fn Page() -> impl IntoView {
    let rules = loaded(|| (), |()| read_rules());
    let address = use_query_map();
    let wanted = Memo::new(move |_| address.with(|query| query.get("q").unwrap_or_default()));
    page("rules", rules, move |(rules, fires)| {
        let shown = move || list(&rules, &fires, &wanted.get());
        view! { {shown} }.into_any()
    })
}

fn list(rules: &[RuleEntry], fires: &[(ServerId, String)], wanted: &str) -> AnyView {
    let of_plans = rules.iter().filter(|rule| rule.id.starts_with("plan/")).count();
    let message = format!(
        "{} check every reading, {of_plans} check plans.",
        format::plural((rules.len() - of_plans) as i64, "rule", "rules")
    );
    let words: Vec<String> = wanted.split_whitespace().map(str::to_lowercase).collect();
    let shown: Vec<&RuleEntry> = rules.iter().filter(|rule| matches(rule, fires, &words)).collect();
    view! {
        <header class="page-head">
            <h1>"Rules"</h1>
            <p class="verdict">{message}</p>
        </header>
        <p class="note">
            "To change a limit, set it in pgdeck.toml under the rule's ID, for example "
            <code>"[rules.\"activity/idle_in_transaction\"]"</code> "."
        </p>
        <form class="filter" role="search" method="get" action="/rules">
            <input type="search" name="q" value=wanted.to_owned() autocomplete="off" aria-label="Filter rules by any text; fires shows those that fire now" placeholder="locks, vacuum, fires"/>
            <button type="submit">"Filter"</button>
        </form>
        {if shown.is_empty() {
            empty("No rule matches this filter. Clear it to see all.")
        } else {
            shown.into_iter().map(|one| rule(one, fires)).collect_view().into_any()
        }}
    }
    .into_any()
}

/// Whether all words stand in the rule; `fires` stands for firing now.
fn matches(rule: &RuleEntry, fires: &[(ServerId, String)], words: &[String]) -> bool {
    let fires = fires.iter().any(|(_, fired)| *fired == rule.id);
    let text = [&rule.id, &rule.title, &rule.effect, &rule.remedy].map(|text| text.to_lowercase());
    words
        .iter()
        .all(|word| (fires && word == "fires") || text.iter().any(|text| text.contains(word)))
}

fn rule(rule: &RuleEntry, fires: &[(ServerId, String)]) -> AnyView {
    let limits = (!rule.limits.is_empty()).then(|| limits(&rule.id, &rule.limits));
    // Only https links are rendered.
    let docs = rule.docs.starts_with("https://").then(|| {
        let of = if rule.docs.contains("timescale.com/") { "TimescaleDB" } else { "PostgreSQL" };
        view! { <p><a href=rule.docs.clone() rel="external noopener noreferrer">{of} " manual"</a></p> }
    });
    let on: Vec<_> = fires.iter().filter(|(_, fired)| *fired == rule.id).collect();
    let fires = (!on.is_empty()).then(|| {
        let links = on.into_iter().map(|(server, _)| {
            view! { " " <a href=links::overview(server)>{server.to_string()}</a> }
        });
        view! { <p><strong>"Fires now on:"</strong> {links.collect_view()}</p> }
    });
    view! {
        <article class="panel rule" id=rule.id.clone()>
            <h2>{rule.title.clone()} " " <code class="muted">{rule.id.clone()}</code></h2>
            {fires}
            <p><strong>"If ignored:"</strong> " " {rule.effect.clone()}</p>
            <p><strong>"What to do:"</strong> " " {rule.remedy.clone()}</p>
            {limits}
            {docs}
        </article>
    }
    .into_any()
}

fn limits(id: &str, limits: &[LimitEntry]) -> AnyView {
    let rows = limits
        .iter()
        .map(|limit| {
            let changed = (limit.value - limit.default).abs() > f64::EPSILON;
            let default = format::number(limit.default, limit.unit);
            view! {
                <tr>
                    <th scope="row"><code>{limit.name.clone()}</code></th>
                    <td class="num" title=format::exact(limit.value, limit.unit)>{format::number(limit.value, limit.unit)}</td>
                    <td class="text">{if changed { format!("set here; the default is {default}") } else { "the default".into() }}</td>
                    <td class="text">{limit.source.clone()}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <div class="scroll" tabindex="0" role="group" aria-label=format!("Limits of {id}")>
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Limit"</th>
                        <th scope="col" class="num">"Value"</th>
                        <th scope="col">"Set by"</th>
                        <th scope="col">"Source"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_takes_all_words_and_those_that_fire() {
        let rule = RuleEntry {
            id: "locks/deadlocks".into(),
            title: "Deadlocks".into(),
            effect: "A transaction is aborted.".into(),
            remedy: "Retry.".into(),
            docs: String::new(),
            limits: vec![],
        };
        let fires = vec![(ServerId::new("one"), rule.id.clone())];
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(matches(&rule, &[], &[]));
        assert!(matches(&rule, &[], &words("aborted locks/")));
        assert!(!matches(&rule, &[], &words("aborted vacuum")));
        assert!(matches(&rule, &fires, &words("fires retry")));
        assert!(!matches(&rule, &[], &words("fires")));
    }
}
