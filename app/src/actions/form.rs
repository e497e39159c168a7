//! Action forms (cancel, terminate, VACUUM, ANALYZE) in two steps: preview, then confirmation.
//! Plain forms that work without JavaScript; after hydration both steps happen in place. The server
//! checks the permission of every step.

use leptos::prelude::*;
use model::ServerId;
use model::action::{Action, Ask, Preview, Target};

use super::ActionStep;
#[cfg(feature = "hydrate")]
use super::Confirmation;
use super::results::{ActionResults, result_list};
use super::target::target_view;
#[cfg(feature = "hydrate")]
use crate::actions;
use crate::links;
use crate::ui::form_token::form_token;

/// Shown when the start time of a session is unknown: the pid alone may be reused.
const NO_IDENTITY: &str = "The start time of this session is unknown, so it cannot be told apart from another one with the same pid.";

/// The URL the forms post to.
pub fn form_action(server: &ServerId) -> String {
    links::area(server, "act")
}

/// Action buttons for one session (cancel, terminate) and the steps that follow.
#[component]
pub fn SessionActions(
    /// Where.
    server: ServerId,
    /// The session.
    pid: i32,
    /// Its start time: with the pid it identifies the session.
    backend_start_ms: Option<i64>,
    /// Why actions are disabled, when they are.
    #[prop(into)]
    refusal: Signal<Option<String>>,
    /// Why there is nothing to cancel, when there is nothing.
    #[prop(optional, into)]
    cancel_refusal: Signal<Option<String>>,
    /// Whether to terminate is what is likely wanted.
    #[prop(optional)]
    terminate_first: bool,
    /// The group's accessible name, where a page has several.
    #[prop(optional, into)]
    label: Option<String>,
) -> impl IntoView {
    let refusal = Signal::derive(move || {
        refusal.get().or_else(|| backend_start_ms.is_none().then(|| NO_IDENTITY.to_owned()))
    });
    let target = Target::Session { pid, backend_start_ms: backend_start_ms.unwrap_or_default() };
    let mut actions = [Action::Cancel, Action::Terminate];
    if terminate_first {
        actions.reverse();
    }
    let asks = actions.map(|action| Ask { action, targets: vec![target.clone()], twice: false });
    let label = label.unwrap_or_else(|| format!("Actions on pid {pid}"));
    view! { <Actions server asks=asks.to_vec() label refusal cancel_refusal/> }
}

/// Action buttons and the steps that follow in place: for a session, a selection, or a root
/// blocker.
#[component]
pub fn Actions(
    /// Where.
    server: ServerId,
    /// The action of each button, the least drastic first.
    asks: Vec<Ask>,
    /// The group's accessible name.
    label: String,
    /// Why actions are disabled, when they are.
    #[prop(into)]
    refusal: Signal<Option<String>>,
    /// Why there is nothing to cancel, when there is nothing.
    #[prop(optional, into)]
    cancel_refusal: Signal<Option<String>>,
) -> impl IntoView {
    let disabled = Signal::derive(move || refusal.with(Option::is_some));
    let no_cancel = Signal::derive(move || cancel_refusal.get().filter(|_| !disabled.get()));
    let step = RwSignal::new(ActionStep::Nothing);
    // A page can have several of these: the id must be unique.
    let why = label.to_lowercase().replace(' ', "-");
    let no_cancel_id = format!("{why}-cancel");
    let buttons: Vec<AnyView> = asks
        .into_iter()
        .map(|ask| {
            let words = format!("{} …", ask.action.verb());
            let describes = why.clone();
            let cancels = ask.action == Action::Cancel;
            let described = Signal::derive(move || {
                let one = cancels && no_cancel.with(Option::is_some);
                let id = if one { format!("{describes}-cancel") } else { describes.clone() };
                (one || disabled.get()).then_some(id)
            });
            preview_form(&server, ask, words, described, Some(step))
        })
        .collect();
    view! {
        <section class="act" aria-label=label>
            <div class="act-buttons">{buttons}</div>
            {move || no_cancel.get().map(|message| view! { <p class="note" id=no_cancel_id.clone()>{message}</p> })}
            {move || refusal.get().map(|message| view! { <p class="note" id=why.clone()>{message}</p> })}
            // On phones a sheet at the bottom of the screen, see `actions.css`.
            <div role="status" class="act-step" class:sheet=move || step.with(|now| *now != ActionStep::Nothing)>
                {move || step.with(|now| step_view(&server, now, Some(step)))}
            </div>
        </section>
    }
}

/// The keyboard shortcut of an action: see `shell/shortcuts.rs`.
fn key(action: Action) -> Option<&'static str> {
    match action {
        Action::Cancel => Some("c"),
        Action::Terminate => Some("x"),
        Action::Vacuum | Action::Analyze => None,
    }
}

/// A checkbox that adds a target to the enclosing form.
#[cfg(feature = "ssr")]
pub fn target_checkbox(target: Target) -> AnyView {
    let name = format!("Select {}", target.object());
    view! { <input type="checkbox" name="target" value=target.field() aria-label=name/> }.into_any()
}

/// Action buttons for the checked targets of the enclosing form.
#[cfg(feature = "ssr")]
pub fn bulk_actions(refusal: Option<&str>) -> AnyView {
    let button = |action: Action| {
        view! { <button type="submit" name="action" value=action.as_str() disabled=refusal.is_some()>{action.verb()} " selected …"</button> }
    };
    view! {
        <div class="act-buttons">
            <input type="hidden" name="step" value="preview"/>
            {button(Action::Cancel)}
            {button(Action::Terminate)}
        </div>
        {refusal.map(|message| view! { <p class="note">{message.to_owned()}</p> })}
    }
    .into_any()
}

/// A form with one button that requests the preview; `refused` is the id of the reason why it is
/// disabled.
fn preview_form(
    server: &ServerId,
    ask: Ask,
    words: String,
    refused: Signal<Option<String>>,
    step: Option<RwSignal<ActionStep>>,
) -> AnyView {
    let fields = fields(&ask);
    let key = key(ask.action).filter(|_| step.is_some());
    #[cfg(feature = "hydrate")]
    let submit = {
        let server = server.clone();
        move |event: leptos::ev::SubmitEvent| {
            let Some(step) = step else { return };
            event.prevent_default();
            let (server, ask) = (server.clone(), ask.clone());
            leptos::task::spawn_local(async move {
                let next = actions::act_preview(server, ask).await;
                let _ = step.try_set(next.map_or_else(ActionStep::Refused, ActionStep::Preview));
            });
        }
    };
    #[cfg(not(feature = "hydrate"))]
    let submit = {
        let _ = step;
        |_: leptos::ev::SubmitEvent| {}
    };
    view! {
        <form method="post" action=form_action(server) on:submit=submit>
            {form_token()}
            {fields}
            <button type="submit" name="step" value="preview" data-key=key aria-keyshortcuts=key disabled=move || refused.with(Option::is_some) aria-describedby=move || refused.get()>{words}</button>
        </form>
    }
    .into_any()
}

fn fields(ask: &Ask) -> AnyView {
    let targets = ask
        .targets
        .iter()
        .map(|target| view! { <input type="hidden" name="target" value=target.field()/> })
        .collect_view();
    view! {
        <input type="hidden" name="action" value=ask.action.as_str()/>
        {targets}
        {ask.twice.then(|| view! { <input type="hidden" name="twice" value="yes"/> })}
    }
    .into_any()
}

/// Renders a step. With `step` the next one happens in place, otherwise as a page load.
pub fn step_view(
    server: &ServerId,
    now: &ActionStep,
    step: Option<RwSignal<ActionStep>>,
) -> AnyView {
    match now {
        ActionStep::Nothing => ().into_any(),
        ActionStep::Preview(preview) => preview_view(server, preview, step),
        ActionStep::Done(done) => view! { {result_list(done)} {close(step)} }.into_any(),
        ActionStep::Refused(error) => view! {
            <p class="act-refused" role="alert">{error.to_string()}</p>
            {close(step)}
        }
        .into_any(),
    }
}

/// Closes a step that happens in place.
fn close(step: Option<RwSignal<ActionStep>>) -> Option<AnyView> {
    let step = step?;
    Some(
        view! {
            <button type="button" data-close="" on:click=move |_| step.set(ActionStep::Nothing)>"Close"</button>
        }
        .into_any(),
    )
}

fn preview_view(
    server: &ServerId,
    preview: &Preview,
    step: Option<RwSignal<ActionStep>>,
) -> AnyView {
    let targets = preview.targets.iter().map(target_view).collect_view();
    let twice = preview.asking_twice_helps().then(|| {
        let ask = Ask { twice: true, ..preview.ask.clone() };
        let words = format!("{} anyway …", preview.ask.action.verb());
        preview_form(server, ask, words, Signal::stored(None), step)
    });
    let frees = preview.frees.clone().map(
        |words| view! { <div><dt>"Frees"</dt><dd>{format!("Going by the latest reading of locks, this {words}.")}</dd></div> },
    );
    view! {
        <div class="act-preview">
            <h3>{format!("{}: preview", preview.words())}</h3>
            <dl class="facts">
                <div><dt>"Effect"</dt><dd>{preview.effect.clone()}</dd></div>
                <div><dt>"Lock"</dt><dd>{preview.lock.clone()}</dd></div>
                {frees}
                <div><dt>"As role"</dt><dd>{preview.role.clone()}</dd></div>
            </dl>
            <ul class="act-targets">{targets}</ul>
            {preview.token.clone().map(|token| confirmation_form(server, preview, token, step))}
            {twice}
            {close(step)}
        </div>
    }
    .into_any()
}

/// The confirmation form: its button names verb and object and is never the default.
fn confirmation_form(
    server: &ServerId,
    preview: &Preview,
    token: String,
    step: Option<RwSignal<ActionStep>>,
) -> AnyView {
    let reason = NodeRef::<leptos::html::Input>::new();
    let ask = preview.ask.clone();
    let fields = fields(&ask);
    let words = preview.words();
    let results = use_context::<ActionResults>();
    let key = step.is_some().then_some("y");
    let sent = RwSignal::new(false);
    #[cfg(feature = "hydrate")]
    let submit = {
        let (server, token) = (server.clone(), token.clone());
        move |event: leptos::ev::SubmitEvent| {
            let Some(step) = step else { return };
            event.prevent_default();
            // Enter in the reason field must not confirm: only the button does.
            if !confirmed_by_button(&event) || sent.get_untracked() {
                return;
            }
            sent.set(true);
            let why = reason.get_untracked().map(|field| field.value()).unwrap_or_default();
            let (server, ask, token) = (server.clone(), ask.clone(), token.clone());
            leptos::task::spawn_local(async move {
                let next = actions::act(server, Confirmation { ask, token, reason: why }).await;
                // The target may have left the page, and its buttons with it.
                let next = match (next, results) {
                    (Ok(done), Some(results)) => {
                        results.set(done).map_or(ActionStep::Nothing, ActionStep::Done)
                    }
                    (Ok(done), None) => ActionStep::Done(done),
                    (Err(error), _) => ActionStep::Refused(error),
                };
                let _ = step.try_set(next);
            });
        }
    };
    #[cfg(not(feature = "hydrate"))]
    let submit = {
        let _ = (step, ask, results);
        |_: leptos::ev::SubmitEvent| {}
    };
    // Implicit submission (Enter) uses a form's first button: this one only previews again.
    view! {
        <form method="post" action=form_action(server) class="act-confirm" on:submit=submit>
            {form_token()}
            <button type="submit" name="step" value="preview" class="hidden-words" tabindex="-1" aria-hidden="true">"Refresh preview"</button>
            {fields}
            <input type="hidden" name="token" value=token/>
            <label>
                <span>"Reason, for the audit log"</span>
                <input node_ref=reason type="text" name="reason" maxlength="500" autocomplete="off"/>
            </label>
            <button type="submit" name="step" value="act" class="danger" data-key=key aria-keyshortcuts=key disabled=move || sent.get()>{words}</button>
        </form>
    }
    .into_any()
}

/// Whether the form was submitted by the confirm button.
#[cfg(feature = "hydrate")]
fn confirmed_by_button(event: &leptos::ev::SubmitEvent) -> bool {
    event.submitter().is_some_and(|button| button.get_attribute("value").as_deref() == Some("act"))
}
