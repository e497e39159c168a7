//! What a wish to explain came to: the preview with its confirmation, the run with its cancel button,
//! the refusal with its place in the statement, the line above a plan made here.

use leptos::prelude::*;
use model::explain::{NotExplained, Preview};

use super::Outcome;
use super::messages::{advice, excerpt, made as made_says, place};
use super::request::{Sheet, Step};
use super::runner::{Errand, State};
use crate::pages::plan::describe::shown;
use crate::ui::code::Code;
use crate::ui::format;

/// What stands below the form.
pub fn outcome(errand: Errand) -> impl IntoView {
    move || {
        let sheet = errand.sheet.get_untracked();
        match errand.state.get() {
            State::Idle | State::Done(Outcome::Ran(_)) => ().into_any(),
            State::Asking => view! { <p role="status">"Parsing the statement."</p> }.into_any(),
            State::Running(_) => running(&sheet, errand),
            State::Done(Outcome::Preview(told)) => preview(&told, &sheet, errand),
            State::Done(Outcome::Not(why)) => refused(&why, &sheet),
            State::Done(Outcome::Broken(error)) => view! {
                <div class="run-refused" role="alert" tabindex="-1"><p>{error.to_string()}</p></div>
            }
            .into_any(),
        }
    }
}

/// What would be sent, and the button that sends it. It names the verb and the server.
fn preview(told: &Preview, sheet: &Sheet, errand: Errand) -> AnyView {
    let server = shown(&sheet.server).into_owned();
    let verb = match told.executes {
        true => format!("Execute it on {server} and roll back"),
        false => format!("Plan it on {server}"),
    };
    let fact = |name: &'static str, value: String| {
        view! { <div><dt>{name}</dt><dd>{value}</dd></div> }
    };
    let role = match told.superuser {
        true => format!("{}, a superuser", told.role),
        false => told.role.clone(),
    };
    let transaction = match told.read_only {
        true => "read only, always rolled back",
        false => "read write, always rolled back",
    };
    let executes = if told.executes { "yes" } else { "no, planned only" };
    let message = told.message.iter().chain(&told.left_out).cloned();
    let message =
        message.map(|message| view! { <li>{shown(&message).into_owned()}</li> }).collect_view();
    let hidden = sheet.pairs().into_iter().map(|(name, value)| hidden(name, value)).collect_view();
    let class = if told.executes { "run-preview executes" } else { "run-preview" };
    let sql = shown(&format!("{};", told.sql.join(";\n"))).into_owned();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        #[cfg(feature = "hydrate")]
        errand.run();
        #[cfg(not(feature = "hydrate"))]
        let _ = errand;
    };
    view! {
        <section class=class aria-labelledby="run-preview-title">
            <h2 id="run-preview-title" tabindex="-1">"Preview for " {server}</h2>
            <ul class="run-says">{message}</ul>
            <dl class="facts">
                {fact("Server", told.address.clone())}
                {fact("Database", shown(&told.database).into_owned())}
                {fact("Role", shown(&role).into_owned())}
                {fact("Executed", executes.to_owned())}
                {fact("Transaction", transaction.to_owned())}
                {fact("statement_timeout", format::age(told.statement_timeout_ms as f64))}
                {fact("lock_timeout", format!("{} ms", told.lock_timeout_ms))}
            </dl>
            <h3>"Every statement that would be sent"</h3>
            <Code text=sql/>
            <form method="post" action="/plan" on:submit=submit>
                {hidden}
                <input type="hidden" name="run" value=told.run.as_str().to_owned()/>
                <p class="plan-actions">
                    <button type="submit" class="primary" name="step" value=Step::Run.as_str()>{verb}</button>
                    <span class="note plain-only">"To cancel it, stop loading the page."</span>
                </p>
            </form>
        </section>
    }
    .into_any()
}

/// A field that is carried unseen; a hidden input keeps line breaks (HTML standard, "Hidden state").
fn hidden(name: String, value: String) -> AnyView {
    view! { <input type="hidden" name=name value=value/> }.into_any()
}

fn running(sheet: &Sheet, errand: Errand) -> AnyView {
    let server = shown(&sheet.server).into_owned();
    let verb = if sheet.analyze { "being executed" } else { "being planned" };
    let elapsed = move || match errand.seconds.get() {
        0 => String::new(),
        seconds => format!("for {}", format::age(seconds as f64 * 1_000.0)),
    };
    let cancel = move |_| {
        #[cfg(feature = "hydrate")]
        errand.cancel();
    };
    view! {
        <div class="run-running">
            <p><span role="status">{format!("The statement is {verb} on {server}")}</span> " " <span class="num">{elapsed}</span> "."</p>
            <button type="button" id="run-cancel" on:click=cancel>"Cancel the statement"</button>
            <p role="status">{move || errand.cancelling.get()}</p>
        </div>
    }
    .into_any()
}

/// Why there is no plan, in one sentence, where, and what to do.
fn refused(why: &NotExplained, sheet: &Sheet) -> AnyView {
    let message = shown(&why.message()).into_owned();
    let advice = advice(why).map(|message| view! { <p>{shown(&message).into_owned()}</p> });
    let line = place(why).and_then(|at| excerpt(&sheet.statement, at)).map(|at| {
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

/// How the plan on the page was made, as long as it is the one on the page.
pub fn made(errand: Errand) -> impl IntoView {
    move || {
        let (paste, explained, server) = errand.made.get()?;
        if errand.desk.paste.get().as_ref() != Some(&paste) {
            return None;
        }
        let left_out = explained.left_out.join(" ");
        let sql = shown(&format!("{};", explained.sql.join(";\n"))).into_owned();
        Some(view! {
            <div class="run-made">
                <p id="plan-made" tabindex="-1">
                    {shown(&made_says(&explained, &server)).into_owned()} " " {left_out}
                </p>
                <details class="fold">
                    <summary>"Every statement that was sent"</summary>
                    <Code text=sql/>
                </details>
            </div>
        })
    }
}
