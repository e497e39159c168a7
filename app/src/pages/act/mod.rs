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
use crate::shell::navigation::{Nav, refusal};
use crate::ui::form_token::form_token;
use crate::ui::page::{not_found, title_of};
use crate::ui::reading::{api_error, loading};

/// Not listed in the navigation, so without an icon.
pub const ICON: &str = "";

/// The page component.
#[component]
pub fn Page() -> impl IntoView {
    let server = server_param();
    let step = shared(|| use_context::<ActionStep>().unwrap_or_default());
    let nav = use_context::<Nav>();
    let refusal = refusal();
    view! {
        <Title text=title_of(server, title)/>
        <Transition fallback=|| loading("server")>
            {move || {
                let (name, step) = (server.get(), step.clone());
                Suspend::new(async move {
                    let Some(nav) = nav else { return ().into_any() };
                    match nav.ready().await {
                        Ok(()) if nav.latest.with_untracked(|all| all.server(&name).is_none()) => not_found(),
                        Ok(()) => body(&name, &step, refusal),
                        Err(error) => api_error(&error),
                    }
                })
            }}
        </Transition>
    }
}

fn body(name: &ServerId, step: &ActionStep, refusal: Signal<Option<String>>) -> AnyView {
    let activity = links::area(name, "activity");
    let shown = (*step != ActionStep::Nothing).then(|| step_view(name, step, None));
    view! {
        <header class="page-head">
            <h1>"Actions on " {name.to_string()}</h1>
            <p class="verdict">{head(step)}</p>
        </header>
        {shown.map(|shown| view! { <div class="act panel">{shown}</div> })}
        <p><a href=activity>"Sessions of this server"</a> " · " <a href="/audit">"Audit log"</a></p>
        {move || refusal.get().map(|message| view! { <p class="note">{message}</p> })}
        {table(name, refusal)}
    }
    .into_any()
}

/// A text that no server can be called is not repeated.
fn title(server: &ServerId) -> String {
    if server.is_valid() { format!("Actions on {server}") } else { "Not found".to_owned() }
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

/// The form for VACUUM and ANALYZE of a table; disabled where nothing can be done.
fn table(server: &ServerId, refusal: Signal<Option<String>>) -> AnyView {
    let disabled = move || refusal.with(Option::is_some);
    let button = |action: Action| {
        view! { <button type="submit" name="action" value=action.as_str() disabled=disabled>{action.verb()} " …"</button> }
    };
    view! {
        <section class="panel" aria-labelledby="act-table">
            <h2 id="act-table">"Table maintenance"</h2>
            <form method="post" action=form_action(server) class="act-table">
                {form_token()}
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
