//! The result of an EXPLAIN request: preview with confirmation, progress with a cancel button,
//! error with its position, origin of the plan.

use leptos::prelude::*;
use model::explain::{NotExplained, Preview};

use super::Outcome;
use super::messages::{advice, excerpt, origin as made_says, place};
use super::request::{ExplainRequest, Step};
use super::runner::{ExplainRunner, Phase};
use crate::pages::plan::describe::shown;
use crate::ui::code::CodeBlock;
use crate::ui::form_token::form_token;
use crate::ui::format;

/// The outcome below the form.
pub fn outcome(runner: ExplainRunner) -> impl IntoView {
    move || {
        let request = runner.request.get_untracked();
        match runner.phase.get() {
            Phase::Idle | Phase::Done(Outcome::Ran(_)) => ().into_any(),
            Phase::Asking => view! { <p role="status">"Parsing the statement."</p> }.into_any(),
            Phase::Running(_) => running(&request, runner),
            Phase::Done(Outcome::Preview(preview)) => preview_view(&preview, &request, runner),
            Phase::Done(Outcome::Not(why)) => refused(&why, &request),
            Phase::Done(Outcome::Broken(error)) => view! {
                <div class="run-refused" role="alert" tabindex="-1"><p>{error.to_string()}</p></div>
            }
            .into_any(),
        }
    }
}

/// What would be sent, and the button that sends it. It names the verb and the server.
fn preview_view(preview: &Preview, request: &ExplainRequest, runner: ExplainRunner) -> AnyView {
    let server = shown(&request.server).into_owned();
    let verb = match preview.executes {
        true => format!("Execute it on {server} and roll back"),
        false => format!("Plan it on {server}"),
    };
    let fact = |name: &'static str, value: String| {
        view! { <div><dt>{name}</dt><dd>{value}</dd></div> }
    };
    let role = match preview.superuser {
        true => format!("{}, a superuser", preview.role),
        false => preview.role.clone(),
    };
    let transaction = match preview.read_only {
        true => "read only, always rolled back",
        false => "read write, always rolled back",
    };
    let executes = if preview.executes { "yes" } else { "no, planned only" };
    let message = preview.message.iter().chain(&preview.left_out).cloned();
    let message =
        message.map(|message| view! { <li>{shown(&message).into_owned()}</li> }).collect_view();
    let hidden =
        request.pairs().into_iter().map(|(name, value)| hidden(name, value)).collect_view();
    let class = if preview.executes { "run-preview executes" } else { "run-preview" };
    let sql = shown(&format!("{};", preview.sql.join(";\n"))).into_owned();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        #[cfg(feature = "hydrate")]
        runner.run();
        #[cfg(not(feature = "hydrate"))]
        let _ = runner;
    };
    view! {
        <section class=class aria-labelledby="run-preview-title">
            <h2 id="run-preview-title" tabindex="-1">"Preview for " {server}</h2>
            <ul class="run-says">{message}</ul>
            <dl class="facts">
                {fact("Server", preview.address.clone())}
                {fact("Database", shown(&preview.database).into_owned())}
                {fact("Role", shown(&role).into_owned())}
                {fact("Executed", executes.to_owned())}
                {fact("Transaction", transaction.to_owned())}
                {fact("statement_timeout", format::age(preview.statement_timeout_ms as f64))}
                {fact("lock_timeout", format!("{} ms", preview.lock_timeout_ms))}
            </dl>
            <h3>"Every statement that would be sent"</h3>
            <CodeBlock text=sql/>
            <form method="post" action="/plan" on:submit=submit>
                {form_token()}
                {hidden}
                <input type="hidden" name="run" value=preview.run.as_str().to_owned()/>
                <p class="plan-actions">
                    <button type="submit" class="primary" name="step" value=Step::Run.as_str()>{verb}</button>
                    <span class="note plain-only">"To cancel it, stop loading the page."</span>
                </p>
            </form>
        </section>
    }
    .into_any()
}

/// A hidden field; unlike other inputs it keeps line breaks (HTML standard, "Hidden state").
fn hidden(name: String, value: String) -> AnyView {
    view! { <input type="hidden" name=name value=value/> }.into_any()
}

fn running(request: &ExplainRequest, runner: ExplainRunner) -> AnyView {
    let server = shown(&request.server).into_owned();
    let verb = if request.analyze { "being executed" } else { "being planned" };
    let elapsed = move || match runner.seconds.get() {
        0 => String::new(),
        seconds => format!("for {}", format::age(seconds as f64 * 1_000.0)),
    };
    let cancel = move |_| {
        #[cfg(feature = "hydrate")]
        runner.cancel();
    };
    view! {
        <div class="run-running">
            <p><span role="status">{format!("The statement is {verb} on {server}")}</span> " " <span class="num">{elapsed}</span> "."</p>
            <button type="button" id="run-cancel" on:click=cancel>"Cancel the statement"</button>
            <p role="status">{move || runner.cancelling.get()}</p>
        </div>
    }
    .into_any()
}

/// The error: message, position, remedy.
fn refused(why: &NotExplained, request: &ExplainRequest) -> AnyView {
    let message = shown(&why.message()).into_owned();
    let advice = advice(why).map(|message| view! { <p>{shown(&message).into_owned()}</p> });
    let line = place(why).and_then(|at| excerpt(&request.statement, at)).map(|at| {
        let end = at.marked.is_empty();
        let marked = if end { "⏎".to_owned() } else { shown(&at.marked).into_owned() };
        view! {
            <pre class="sql run-place" tabindex="0" aria-label=format!("Line {} of the statement", at.line)><code>
                <span class="line-number num">{at.line}</span>
                {shown(&at.before).into_owned()}<mark>{marked}</mark>{shown(&at.after).into_owned()}
            </code></pre>
        }
    });
    view! {
        <div class="run-refused" role="alert" tabindex="-1">
            <p>{message}</p>
            {line}
            {advice}
        </div>
    }
    .into_any()
}

/// How the current plan was made, as long as it is the one shown.
pub fn origin(runner: ExplainRunner) -> Option<AnyView> {
    let (paste, explained, server) = runner.origin.get()?;
    if runner.state.paste.get().as_ref() != Some(&paste) {
        return None;
    }
    let left_out = explained.left_out.join(" ");
    let sql = shown(&format!("{};", explained.sql.join(";\n"))).into_owned();
    Some(
        view! {
            <div class="run-made">
                <p id="plan-made" tabindex="-1">
                    {shown(&made_says(&explained, &server)).into_owned()} " " {left_out}
                </p>
                <details class="fold">
                    <summary>"Every statement that was sent"</summary>
                    <CodeBlock text=sql/>
                </details>
            </div>
        }
        .into_any(),
    )
}
