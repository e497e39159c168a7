//! The form "Run it on a server": where, what, with which values and options. Works without JavaScript:
//! preview, confirm, plan. The browser reads the same fields that would be sent.

use leptos::prelude::*;
use model::ApiError;

use super::request::{Sheet, Step, TIMEOUTS_MS};
use super::result::{made, outcome};
use super::runner::Errand;
use super::{Choices, Outcome, Servers, Started};
use crate::pages::plan::state::Desk;
use crate::ui::format;

/// The first major with SERIALIZE and MEMORY.
const SERIALIZE: u16 = 17;

/// The part of the page; folded until somebody wants it.
#[component]
pub fn RunPart(desk: Desk, servers: Servers, started: Started) -> impl IntoView {
    let errand = Errand::new(desk, &started);
    #[cfg(feature = "hydrate")]
    errand.follow();
    let details = NodeRef::<leptos::html::Details>::new();
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        // A plan that was just made is what the reader wants to see.
        if errand.made.with(Option::is_some)
            && let Some(details) = details.get_untracked()
        {
            details.set_open(false);
        }
    });
    let open = started.sent && !matches!(started.outcome, Some(Outcome::Ran(_)));
    let started = StoredValue::new(started);
    view! {
        <details class="plan-input plan-run panel" open=open node_ref=details>
            <summary>"Run it on a server"</summary>
            <Transition fallback=|| view! { <p class="note">"Waiting for the list of servers."</p> }>
                {move || Suspend::new(async move {
                    match servers.0.await {
                        Ok(choices) if choices.servers.is_empty() => {
                            view! { <p class="note">"pgdeck watches no servers that you have access to."</p> }.into_any()
                        }
                        Ok(choices) => fields(choices, errand, &started.get_value().sheet),
                        Err(error) => refusal(&error),
                    }
                })}
            </Transition>
        </details>
        {made(errand)}
    }
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

fn fields(choices: Choices, errand: Errand, sheet: &Sheet) -> AnyView {
    let statement = RwSignal::new(sheet.statement.clone());
    let chosen = RwSignal::new(sheet.server.clone());
    let analyze = RwSignal::new(sheet.analyze);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        #[cfg(feature = "hydrate")]
        errand.ask(Sheet::from_pairs(&crate::pages::plan::browser::fields(&event)));
    };
    let may_analyze = choices.may_analyze;
    view! {
        <form method="post" action="/plan" class="run-form" on:submit=submit on:input=move |_| errand.edited()>
            {place(&choices, chosen, sheet)}
            <label class="run-statement">
                <span>"Statement, without EXPLAIN"</span>
                {text(statement, &sheet.statement)}
            </label>
            {values(errand, statement, sheet)}
            {mode(may_analyze, analyze, sheet)}
            {options(&choices, chosen, analyze, errand, sheet)}
            {move || errand.asks_dml.get().then(|| yes("dml", "Allow it to change or lock rows; everything is rolled back.", errand))}
            {move || errand.asks_functions.get().then(|| yes("functions", "Allow volatile and SECURITY DEFINER functions; their effects outside the transaction are not undone.", errand))}
            <p class="plan-actions">
                <button type="submit" class="primary" name="step" value=Step::Preview.as_str() disabled=move || errand.runs()>
                    "Preview"
                </button>
                <span class="note">"Nothing is sent to the server yet."</span>
            </p>
        </form>
        <div class="run-outcome">{outcome(errand)}</div>
    }
    .into_any()
}

/// The field of the statement. An empty field has no
/// text at all, for which hydration would look in vain.
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
fn place(choices: &Choices, chosen: RwSignal<String>, sheet: &Sheet) -> AnyView {
    let first = choices.servers.first().map(|one| one.id.to_string()).unwrap_or_default();
    let wanted = if sheet.server.is_empty() { first } else { sheet.server.clone() };
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
    let limit = sheet.options.timeout_ms.unwrap_or(TIMEOUTS_MS[0]);
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
                <input name="database" value=sheet.database.clone() placeholder=usual autocomplete="off" spellcheck="false"/>
            </label>
            <label>
                <span>"Time limit"</span>
                <select name="timeout_ms">{limits.collect_view()}</select>
            </label>
        </div>
    }
    .into_any()
}

/// A field for each parameter of the statement, and the generic plan in their place.
fn values(errand: Errand, statement: RwSignal<String>, sheet: &Sheet) -> AnyView {
    let given = StoredValue::new(sheet.values.clone());
    let generic = sheet.options.generic;
    let count = Memo::new(move |_| {
        let refused = errand.state.with(|state| match state {
            super::runner::State::Done(Outcome::Not(why)) => Some(why.clone()),
            _ => None,
        });
        let sheet = Sheet { statement: statement.get(), ..Sheet::default() };
        sheet.fields(refused.as_ref())
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
fn mode(may_analyze: bool, analyze: RwSignal<bool>, sheet: &Sheet) -> AnyView {
    let executes = sheet.analyze && may_analyze;
    let needs = (!may_analyze)
        .then(|| view! { <p class="note">"Executing a statement needs the role operator."</p> });
    view! {
        <fieldset>
            <legend>"Mode"</legend>
            <label>
                <input type="radio" name="mode" value="plan" checked=!executes on:change=move |_| analyze.set(false)/>
                " Plan only: the statement is not executed"
            </label>
            <label>
                <input type="radio" name="mode" value="analyze" checked=executes disabled=!may_analyze on:change=move |_| analyze.set(true)/>
                " ANALYZE: the statement is executed and measured, then rolled back"
            </label>
            {needs}
        </fieldset>
    }
    .into_any()
}

/// EXPLAIN's options; those that the server's major or the mode lacks cannot be chosen. Without
/// JavaScript they can, and the preview says what was left out.
fn options(
    choices: &Choices,
    chosen: RwSignal<String>,
    analyze: RwSignal<bool>,
    errand: Errand,
    sheet: &Sheet,
) -> AnyView {
    let options = sheet.options;
    let majors: Vec<(String, Option<u16>)> =
        choices.servers.iter().map(|one| (one.id.to_string(), one.major)).collect();
    let old = Memo::new(move |_| {
        let found = majors.iter().find(|(name, _)| chosen.with(|chosen| chosen == name));
        found.and_then(|(_, major)| *major).is_some_and(|major| major < SERIALIZE)
    });
    let alive = errand.desk.alive;
    let since = Signal::derive(move || alive.get() && old.get());
    let measured = Signal::derive(move || alive.get() && !analyze.get());
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

/// A yes that the guard asked for.
fn yes(name: &'static str, message: &'static str, errand: Errand) -> AnyView {
    let on = errand.sheet.with_untracked(|sheet| match name {
        "dml" => sheet.dml,
        _ => sheet.functions,
    });
    view! {
        <p class="run-yes"><label><input type="checkbox" name=name checked=on/> " " {message}</label></p>
    }
    .into_any()
}
