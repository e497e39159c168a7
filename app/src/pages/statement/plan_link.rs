//! The way from a statement to its plan: `EXPLAIN` to copy, and the plan page with the text filled in.

use leptos::prelude::*;
use model::ServerId;
use model::statements::Detail;
use model::statements::explain::explain;

use crate::ui::code::CodeBlock;
use crate::ui::form_token::form_token;

/// Both; nothing for a statement without a plan.
pub fn plan(server: &ServerId, detail: &Detail, major: Option<u16>) -> AnyView {
    let Some(text) = &detail.text else { return ().into_any() };
    let Some(sql) = major.and_then(|major| explain(text, major)) else {
        return view! { <p class="muted">"There is no EXPLAIN to copy: it has no plan, or its text was cut off."</p> }.into_any();
    };
    let database = match detail.entries.as_slice() {
        [] => String::new(),
        [first, rest @ ..] if rest.iter().all(|e| e.database == first.database) => {
            first.database.clone()
        }
        _ => String::new(),
    };
    let generic =
        text.contains('$').then(|| view! { <input type="hidden" name="generic" value="on"/> });
    let place = (!database.is_empty()).then(|| format!(" In database {database}."));
    view! {
        <p class="muted">"Its plan without values, which is not that of every execution." {place}</p>
        <CodeBlock text=sql/>
        <form method="post" action="/plan">
            {form_token()}
            <input type="hidden" name="server" value=server.to_string()/>
            <input type="hidden" name="database" value=database/>
            <input type="hidden" name="statement" value=text.clone()/>
            <input type="hidden" name="step" value="open"/>
            {generic}
            <button type="submit">"Open on the plan page"</button>
        </form>
    }
    .into_any()
}
