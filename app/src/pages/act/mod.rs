//! Action page: preview and result of an operator action as pages of their own, for browsers
//! without JavaScript, and the VACUUM/ANALYZE form for a table. Without a submitted form it does
//! nothing.

use leptos::prelude::*;
use leptos_meta::Title;
use model::ServerId;
use model::action::Action;

use super::server_param;
use crate::actions::ActionStep;
use crate::actions::form::{form_action, step_view};
use crate::links;
use crate::resource::shared;
use crate::shell::navigation::refusal;
use crate::ui::page::title_of;

/// Not listed in the navigation, so without an icon.
pub const ICON: &str = "";

/// The page component.
#[component]
pub fn Page() -> impl IntoView {
    let server = server_param();
    let step = shared(|| use_context::<ActionStep>().unwrap_or_default());
    let name = server.get_untracked();
    let refusal = refusal();
    let activity = links::area(&name, "activity");
    view! {
        <Title text=title_of(server, |server| format!("Actions on {server}"))/>
        <header class="page-head">
            <h1>"Actions on " {name.to_string()}</h1>
            <p class="verdict">{head(&step)}</p>
        </header>
        {(step != ActionStep::Nothing).then(|| view! { <div class="act panel">{step_view(&name, &step, None)}</div> })}
        <p><a href=activity>"Sessions of this server"</a> " · " <a href="/audit">"Audit log"</a></p>
        {move || refusal.get().map(|message| view! { <p class="note">{message}</p> })}
        {table(&name)}
    }
}

fn head(step: &ActionStep) -> &'static str {
    match step {
        ActionStep::Nothing => {
            "Nothing is selected. Open a session to cancel its statement or terminate it."
        }
        ActionStep::Preview(preview) if preview.token.is_some() => {
            "Nothing has been done yet. Review the preview, then confirm."
        }
        ActionStep::Preview(_) => {
            "Nothing to confirm: this is not possible for any of the targets."
        }
        ActionStep::Done(_) => "The results below are recorded in the audit log.",
        ActionStep::Refused(_) => "Nothing was done.",
    }
}

/// The form for VACUUM and ANALYZE of a table.
fn table(server: &ServerId) -> AnyView {
    let button = |action: Action| {
        view! { <button type="submit" name="action" value=action.as_str()>{action.verb()} " …"</button> }
    };
    view! {
        <section class="panel" aria-labelledby="act-table">
            <h2 id="act-table">"Table maintenance"</h2>
            <form method="post" action=form_action(server) class="act-table">
                <label>
                    <span>"Table (with schema)"</span>
                    <input type="text" name="table" placeholder="public.orders" autocomplete="off" spellcheck="false" required/>
                </label>
                <input type="hidden" name="step" value="preview"/>
                {button(Action::Analyze)}
                {button(Action::Vacuum)}
            </form>
        </section>
    }
    .into_any()
}
