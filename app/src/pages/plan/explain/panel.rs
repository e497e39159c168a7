//! The section "Run it on a server", collapsed at first. Its code is fetched when it is opened. Until the
//! page is hydrated the form is what the server has rendered; then it is hidden until its code is here.

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
                typed_so_far(submission);
                let made = submission.with_value(|sent| owner.with(|| (code.runner)(state, sent)));
                runner.set(Some(made));
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
    let ready = move || runner.with(Option::is_some) || !state.hydrated.get();
    view! {
        <details class="plan-input plan-run panel" class:ready=ready open=open node_ref=details on:toggle=move |_| opened() on:focusin=move |_| touched()>
            <summary>"Run it on a server"</summary>
            <p class="note" role="status" hidden=ready>"Loading the form."</p>
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

/// Keeps what was typed and chosen before the page was hydrated.
fn typed_so_far(submission: StoredValue<ExplainSubmission>) {
    #[cfg(feature = "hydrate")]
    {
        use crate::pages::plan::browser;
        use crate::pages::plan::explain::request::ExplainRequest;

        if let Some(form) = browser::form("form.run-form") {
            let typed = ExplainRequest::from_pairs(&browser::fields_of(&form));
            submission.update_value(|sent| sent.request = typed);
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = submission;
}
