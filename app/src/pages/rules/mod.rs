//! Rules page: every rule with its limits in force, where each comes from, and the manual's
//! chapter.

use crate::routes::access;
use leptos::prelude::*;
use model::finding::LimitEntry;
use model::{ApiError, RuleEntry};

use crate::resource::loaded;
use crate::ui::format;
use crate::ui::page::page;
use crate::ui::reading::empty;

access! { "/api/rules" Any(See) }

/// All rules.
#[server(prefix = "/api", endpoint = "rules", output = model::wire::Json)]
pub async fn read_rules() -> Result<Vec<RuleEntry>, ApiError> {
    use crate::auth;
    auth::require(model::Permission::See, None)?;
    Ok(auth::engine()?.rules())
}

/// The page's icon: path data in a box of 20 × 20.
pub const ICON: &str = "M4 5l2 2 3-3M4 13l2 2 3-3M12 6h5M12 14h5";

/// The page component.
#[component]
pub fn Page() -> impl IntoView {
    let rules = loaded(|| (), |()| read_rules());
    page("rules", rules, move |rules| list(&rules))
}

fn list(rules: &[RuleEntry]) -> AnyView {
    let of_plans = rules.iter().filter(|rule| rule.id.starts_with("plan/")).count();
    let message = format!(
        "{} check every reading, {of_plans} check plans.",
        format::plural((rules.len() - of_plans) as i64, "rule", "rules")
    );
    view! {
        <header class="page-head">
            <h1>"Rules"</h1>
            <p class="verdict">{message}</p>
        </header>
        <p class="note">
            "A limit is changed in pgdeck.toml under the rule's id, for example "
            <code>"[rules.\"activity/idle_in_transaction\"]"</code> "."
        </p>
        {if rules.is_empty() { empty("No rules are known.") } else { rules.iter().map(rule).collect_view().into_any() }}
    }
    .into_any()
}

fn rule(rule: &RuleEntry) -> AnyView {
    let limits = (!rule.limits.is_empty()).then(|| limits(&rule.id, &rule.limits));
    // Only https links are rendered.
    let docs = rule.docs.starts_with("https://").then(|| {
        view! { <p><a href=rule.docs.clone() rel="external noopener noreferrer">"The PostgreSQL manual on this"</a></p> }
    });
    view! {
        <article class="panel rule" id=rule.id.clone()>
            <h2>{rule.title.clone()} " " <code class="muted">{rule.id.clone()}</code></h2>
            <p><strong>"Effect."</strong> " " {rule.effect.clone()}</p>
            <p><strong>"What to do."</strong> " " {rule.remedy.clone()}</p>
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
