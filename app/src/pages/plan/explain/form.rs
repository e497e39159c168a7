//! The form "Run it on a server": server, statement, parameter values, EXPLAIN options. Works
//! without JavaScript; the browser reads the same fields that a submit would send.

use leptos::prelude::*;
use model::ApiError;

use super::request::{ExplainRequest, Step, TIMEOUTS_MS};
use super::result::outcome;
use super::runner::ExplainRunner;
use super::{Choices, ExplainSubmission, Outcome, Servers};
use crate::ui::form_token::form_token;
use crate::ui::format;

/// The first major version with SERIALIZE and MEMORY.
const SERIALIZE: u16 = 17;

/// The form, once the list of servers is known, and what came of it.
pub fn form(runner: ExplainRunner, servers: Servers, submission: ExplainSubmission) -> AnyView {
    #[cfg(feature = "hydrate")]
    runner.follow();
    let request = StoredValue::new(submission.request);
    view! {
        <div class="run-body">
            <Transition fallback=|| view! { <p class="note">"Waiting for the list of servers."</p> }>
                {move || Suspend::new(async move {
                    match servers.0.await {
                        Ok(choices) if choices.servers.is_empty() => {
                            view! { <p class="note">"pgdeck watches no servers that you have access to."</p> }.into_any()
                        }
                        Ok(choices) => fields(choices, runner, &request.get_value()),
                        Err(error) => refusal(&error),
                    }
                })}
            </Transition>
        </div>
    }
    .into_any()
}

/// Why there is no form.
fn refusal(error: &ApiError) -> AnyView {
    let message = match error {
        ApiError::Forbidden { needs } => {
            format!("Running EXPLAIN on a server needs {needs}. Pasting a plan does not.")
        }
        other => other.to_string(),
    };
    view! { <p class="note">{message}</p> }.into_any()
}

fn fields(choices: Choices, runner: ExplainRunner, request: &ExplainRequest) -> AnyView {
    let statement = RwSignal::new(request.statement.clone());
    let chosen = RwSignal::new(request.server.clone());
    let analyze = RwSignal::new(request.analyze);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        #[cfg(feature = "hydrate")]
        runner.preview(ExplainRequest::from_pairs(&crate::pages::plan::browser::fields(&event)));
    };
    let may_analyze = choices.may_analyze;
    view! {
        <form method="post" action="/plan" class="run-form" on:submit=submit on:input=move |_| runner.form_changed()>
            {form_token()}
            {place(&choices, chosen, request)}
            <label class="run-statement">
                <span>"Statement, without EXPLAIN"</span>
                {text(statement, &request.statement)}
            </label>
            {values(runner, statement, request)}
            {mode(may_analyze, analyze, request)}
            {options(&choices, chosen, analyze, runner, request)}
            {move || runner.needs_dml_consent.get().then(|| yes("dml", "Allow it to change or lock rows; everything is rolled back.", runner))}
            {move || runner.needs_function_consent.get().then(|| yes("functions", "Allow volatile and SECURITY DEFINER functions; their effects outside the transaction are not undone.", runner))}
            <p class="plan-actions">
                <button type="submit" class="primary" name="step" value=Step::Preview.as_str() disabled=move || runner.is_running()>
                    "Preview"
                </button>
                <span class="note">"Nothing is sent to the server yet."</span>
            </p>
        </form>
        <div class="run-outcome">{outcome(runner)}</div>
    }
    .into_any()
}

/// The statement field. An empty one has no text node, which hydration would look for.
fn text(statement: RwSignal<String>, first: &str) -> AnyView {
    let typed = move |event: leptos::ev::Event| statement.set(event_target_value(&event));
    if first.is_empty() {
        return view! {
            <textarea name="statement" rows="7" spellcheck="false" autocomplete="off" required on:input=typed></textarea>
        }
        .into_any();
    }
    view! {
        <textarea name="statement" rows="7" spellcheck="false" autocomplete="off" required on:input=typed>
            {crate::ui::textarea::in_textarea(first)}
        </textarea>
    }
    .into_any()
}

/// Server, database, time limit.
fn place(choices: &Choices, chosen: RwSignal<String>, request: &ExplainRequest) -> AnyView {
    let first = choices.servers.first().map(|one| one.id.to_string()).unwrap_or_default();
    let wanted = if request.server.is_empty() { first } else { request.server.clone() };
    chosen.set(wanted.clone());
    let servers = choices.servers.iter().map(|one| {
        let name = one.id.to_string();
        let selected = name == wanted;
        view! { <option value=name selected=selected>{one.message()}</option> }
    });
    let databases: Vec<(String, String)> =
        choices.servers.iter().map(|one| (one.id.to_string(), one.database.clone())).collect();
    let usual = move || {
        let found = databases.iter().find(|(name, _)| chosen.with(|chosen| chosen == name));
        found.map(|(_, database)| database.clone()).unwrap_or_default()
    };
    let limit = request.options.timeout_ms.unwrap_or(TIMEOUTS_MS[0]);
    let mut limits = TIMEOUTS_MS.to_vec();
    limits.sort_unstable();
    let limits = limits.into_iter().map(|ms| {
        view! { <option value=ms.to_string() selected=ms == limit>{format::age(f64::from(ms))}</option> }
    });
    view! {
        <div class="run-place-fields">
            <label>
                <span>"Server"</span>
                <select name="server" on:change:target=move |event| chosen.set(event.target().value())>{servers.collect_view()}</select>
            </label>
            <label>
                <span>"Database"</span>
                <input name="database" value=request.database.clone() placeholder=usual autocomplete="off" spellcheck="false"/>
            </label>
            <label>
                <span>"Time limit"</span>
                <select name="timeout_ms">{limits.collect_view()}</select>
            </label>
        </div>
    }
    .into_any()
}

/// A field per parameter of the statement, and the generic plan instead.
fn values(runner: ExplainRunner, statement: RwSignal<String>, request: &ExplainRequest) -> AnyView {
    let given = StoredValue::new(request.values.clone());
    let generic = request.options.generic;
    let count = Memo::new(move |_| {
        let refused = runner.phase.with(|phase| match phase {
            super::runner::Phase::Done(Outcome::Not(why)) => Some(why.clone()),
            _ => None,
        });
        let request = ExplainRequest { statement: statement.get(), ..ExplainRequest::default() };
        request.fields(refused.as_ref())
    });
    let row = move |at: usize| {
        let value = given.with_value(|given| given.get(at - 1).cloned());
        let null = value == Some(None);
        let (name, text) = (format!("${at}"), value.flatten().unwrap_or_default());
        let label = format!("{name} is NULL");
        view! {
            <div class="run-value">
                <label><span class="num">{name}</span> <input name=format!("p{at}") value=text autocomplete="off" spellcheck="false"/></label>
                <label><input type="checkbox" name=format!("p{at}null") checked=null aria-label=label/> " NULL"</label>
            </div>
        }
    };
    view! {
        <fieldset class="run-values" hidden=move || count.get() == 0>
            <legend>"Parameters"</legend>
            <p class="note">"Values as text, without quotes; PostgreSQL converts them to the types the statement expects."</p>
            <For each=move || 1..=count.get() key=|at| *at let:at>{row(at)}</For>
            {check("generic", "Without values: the generic plan, which is independent of them".to_owned(), generic, Signal::stored(false))}
        </fieldset>
    }
    .into_any()
}

/// Plan or analyze.
fn mode(may_analyze: bool, analyze: RwSignal<bool>, request: &ExplainRequest) -> AnyView {
    let executes = request.analyze && may_analyze;
    let needs = (!may_analyze)
        .then(|| view! { <p class="note">"Executing a statement needs the role operator."</p> });
    view! {
        <fieldset>
            <legend>"Mode"</legend>
            <label>
                <input type="radio" name="mode" value="plan" checked=!executes on:change=move |_| analyze.set(false)/>
                " EXPLAIN only: the statement is not executed"
            </label>
            <label>
                <input type="radio" name="mode" value="analyze" checked=executes disabled=!may_analyze on:change=move |_| analyze.set(true)/>
                " EXPLAIN ANALYZE: the statement is executed, measured and rolled back"
            </label>
            {needs}
        </fieldset>
    }
    .into_any()
}

/// EXPLAIN's options; those that the server's version or the mode lacks are disabled. Without
/// JavaScript they are not, and the preview tells what was left out.
fn options(
    choices: &Choices,
    chosen: RwSignal<String>,
    analyze: RwSignal<bool>,
    runner: ExplainRunner,
    request: &ExplainRequest,
) -> AnyView {
    let options = request.options;
    let majors: Vec<(String, Option<u16>)> =
        choices.servers.iter().map(|one| (one.id.to_string(), one.major)).collect();
    let old = Memo::new(move |_| {
        let found = majors.iter().find(|(name, _)| chosen.with(|chosen| chosen == name));
        found.and_then(|(_, major)| *major).is_some_and(|major| major < SERIALIZE)
    });
    let hydrated = runner.state.hydrated;
    let since = Signal::derive(move || hydrated.get() && old.get());
    let measured = Signal::derive(move || hydrated.get() && !analyze.get());
    let both = Signal::derive(move || since.get() || measured.get());
    let never = Signal::stored(false);
    let one = |name, message: &str, on, off| check(name, message.to_owned(), on, off);
    view! {
        <fieldset class="run-options">
            <legend>"Options of EXPLAIN"</legend>
            {one("verbose", "VERBOSE", options.verbose, never)}
            {one("buffers", "BUFFERS", options.buffers, never)}
            {one("settings", "SETTINGS", options.settings, never)}
            {one("wal", "WAL (when analyzed)", options.wal, measured)}
            {one("serialize", "SERIALIZE (17 and later, when analyzed)", options.serialize, both)}
            {one("memory", "MEMORY (17 and later)", options.memory, since)}
        </fieldset>
    }
    .into_any()
}

fn check(name: &'static str, message: String, on: bool, off: Signal<bool>) -> AnyView {
    view! {
        <label><input type="checkbox" name=name checked=on disabled=move || off.get()/> " " {message}</label>
    }
    .into_any()
}

/// A consent that the guard asked for.
fn yes(name: &'static str, message: &'static str, runner: ExplainRunner) -> AnyView {
    let on = runner.request.with_untracked(|request| match name {
        "dml" => request.dml,
        _ => request.functions,
    });
    view! {
        <p class="run-yes"><label><input type="checkbox" name=name checked=on/> " " {message}</label></p>
    }
    .into_any()
}
