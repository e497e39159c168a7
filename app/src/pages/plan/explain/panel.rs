//! The section "Run it on a server", collapsed at first. Its code is fetched when it is opened; until then
//! the form is what the server has rendered.

use leptos::prelude::*;

use super::runner::ExplainRunner;
use super::{ExplainSubmission, Outcome, Servers};
use crate::pages::plan::code::SERVER;
use crate::pages::plan::state::PlanState;
use crate::ui::server_html::ServerHtml;

/// The section.
#[component]
pub fn ExplainPanel(
    state: PlanState,
    servers: Servers,
    submission: ExplainSubmission,
) -> impl IntoView {
    let open = submission.sent && !matches!(submission.outcome, Some(Outcome::Ran(_)));
    let details = NodeRef::<leptos::html::Details>::new();
    let runner = RwSignal::new(None::<ExplainRunner>);
    let submission = StoredValue::new(submission);
    let owner = Owner::current().unwrap_or_default();
    let fetch = move || {
        let owner = owner.clone();
        SERVER.with(move |code| {
            if !runner.is_disposed() && runner.with_untracked(Option::is_none) {
                let focused = typed_so_far(submission);
                let made = submission.with_value(|sent| owner.with(|| (code.runner)(state, sent)));
                runner.set(Some(made));
                focus(focused);
            }
        });
    };
    if SERVER.get().is_some() {
        fetch();
    }
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        // After a run the plan is the focus.
        if runner.get().is_some_and(|runner| runner.origin.with(Option::is_some))
            && let Some(details) = details.get_untracked()
        {
            details.set_open(false);
        }
    });
    let form = move || match SERVER.get().zip(runner.get()) {
        Some((code, runner)) => (code.form)(runner, servers, submission.get_value()),
        None => as_rendered(),
    };
    let origin = move || SERVER.get().zip(runner.get()).map(|(code, runner)| (code.origin)(runner));
    let (opened, touched) = (fetch.clone(), fetch);
    view! {
        <details class="plan-input plan-run panel" open=open node_ref=details on:toggle=move |_| opened() on:focusin=move |_| touched()>
            <summary>"Run it on a server"</summary>
            {form}
        </details>
        {move || origin().flatten()}
    }
}

/// The form as the server has rendered it.
fn as_rendered() -> AnyView {
    // The form's Transition has taken a number in the page's data; so must this.
    let _ = Owner::current_shared_context().map(|context| context.next_id());
    view! { <ServerHtml html=String::new() class="run-body"/> }.into_any()
}

/// Keeps what was typed and chosen before the code was here; gives the name of the field with the focus.
#[cfg(feature = "hydrate")]
fn typed_so_far(submission: StoredValue<ExplainSubmission>) -> Option<String> {
    use crate::pages::plan::browser;
    use crate::pages::plan::explain::request::ExplainRequest;

    if let Some(form) = browser::form("form.run-form") {
        let typed = ExplainRequest::from_pairs(&browser::fields_of(&form));
        submission.update_value(|sent| sent.request = typed);
    }
    browser::focused_field("form.run-form")
}

#[cfg(not(feature = "hydrate"))]
fn typed_so_far(_: StoredValue<ExplainSubmission>) -> Option<String> {
    None
}

/// Gives the focus back to a field of the form.
fn focus(field: Option<String>) {
    #[cfg(feature = "hydrate")]
    if let Some(name) = field {
        crate::pages::plan::browser::focus_in(&format!("form.run-form [name=\"{name}\"]"));
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = field;
}
