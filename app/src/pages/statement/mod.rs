//! Page of one statement: its text, what it did over a window and when, what its sampled sessions waited for
//! and who ran it, and the way to its plan.

#[cfg(feature = "ssr")]
mod charts;
mod latency;
mod layout;
mod plan_link;
#[cfg(feature = "ssr")]
mod planner;
mod planning;
mod sampled;
mod seen;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use model::statements::figure::COLUMN_SETS;
use model::statements::plans::{PlanNow, SeenPlans};
use model::statements::ranking::why_unknown;
use model::statements::{Bound, Detail, Figure, Measure, Question, Rank, WindowFacts};
use model::{ApiError, Finding, Known, ServerId, Unit};
use serde::{Deserialize, Serialize};

use super::server_param;
use crate::resource::loaded;
use crate::routes::access;
use crate::ui::chart::{Chart, Charts};
use crate::ui::code::CopyButton;
use crate::ui::findings::Findings;
use crate::ui::format;
use crate::ui::page::page;
use crate::ui::reading::{empty, known};
use crate::ui::sql::highlighted;
use crate::ui::statement_links::{from_url, to_ranking, to_statement};
use crate::ui::table;
use crate::ui::verdict::told;
use crate::ui::window_facts::facts;
#[cfg(feature = "ssr")]
pub use planner::{PlannedForm, submit_planning};

/// The page's data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatementStart {
    detail: Known<Detail>,
    charts: Vec<Chart>,
    latency: Option<latency::Shown>,
    findings: Vec<Finding>,
    /// The server's major version, where it is known.
    major: Option<u16>,
    /// Its plans; None for those who may not see statements.
    plans: Option<SeenPlans>,
    /// Planning it at once; None for those who may not.
    plan_now: Option<PlanNow>,
}

access! { "/api/statement" OnServer(See) }

/// A statement over the window of the address.
#[server(prefix = "/api", endpoint = "statement", input = model::wire::Json, output = model::wire::Json)]
pub async fn read_statement(
    server: ServerId,
    queryid: String,
    question: Question,
) -> Result<StatementStart, ApiError> {
    use crate::auth;
    use engine::areas::statements::{plans, ranking::detail};
    let user = auth::require(model::Permission::See, Some(&server))?;
    let engine = auth::engine()?;
    let sees_text = user.sees_query_text(&server);
    let sent = use_context::<planner::PlannedForm>();
    let Ok(number) = queryid.parse::<i64>() else {
        engine
            .latest::<engine::areas::statements::StatementsArea>(&server)
            .ok_or(ApiError::NotFound)?;
        let message = "There is no such statement: a query id is a whole number.".into();
        let detail = Err(model::Reason::Nothing { message });
        return Ok(StatementStart {
            detail,
            charts: Vec::new(),
            latency: None,
            findings: Vec::new(),
            major: None,
            plans: None,
            plan_now: None,
        });
    };
    let found = detail::of(&engine, &server, (number, &question), sees_text).await;
    let found = found.map_err(|incident| ApiError::Internal { incident })?;
    let found = found.ok_or(ApiError::NotFound)?;
    let object = format!("statement {number}");
    let (mut findings, _) = crate::live::findings::judged(&engine, &server, "statements");
    findings.retain(|finding| finding.object.to_string() == object);
    let charts = found.as_ref().map(|(_, moments)| charts::charts(moments));
    let mut charts = charts.unwrap_or_default();
    if let Some(first) = charts.first_mut() {
        let range = model::TimeRange::text(&question.range, &question.from, &question.to);
        first.events = Some(crate::live::events::events_of(&engine, &server, &range).await?);
    }
    let major = engine.facts(&server).map(|facts| facts.major);
    let detail = found.map(|(detail, _)| detail);
    let latency = match &detail {
        Ok(detail) => Some(latency::read(&engine, &server, detail, &question).await?),
        Err(_) => None,
    };
    let fingerprint = detail.as_ref().ok().and_then(|detail| detail.fingerprint.clone());
    let fingerprint = fingerprint.unwrap_or_default();
    let plans = if sees_text {
        let seen = plans::seen::of(&engine, &server, number, &fingerprint);
        seen.await.map_err(|incident| ApiError::Internal { incident })?
    } else {
        None
    };
    let plan_now = planner::button(&engine, (&user, &server), &detail, sent);
    Ok(StatementStart { detail, charts, latency, findings, major, plans, plan_now })
}

/// The page's icon: path data in a box of 20 × 20.
pub const ICON: &str = "M3 5h14M3 10h9M3 15h5";

/// The page component.
#[component]
pub fn Page() -> impl IntoView {
    let (server, question) = (server_param(), from_url());
    let params = use_params_map();
    let queryid =
        Memo::new(move |_| params.with(|params| params.get("queryid").unwrap_or_default()));
    let start = loaded(
        move || (server.get(), queryid.get(), question.get()),
        |(server, queryid, question)| read_statement(server, queryid, question),
    );
    page("statement", start, move |start| {
        let (server, question) = (server.get_untracked(), question.get_untracked());
        body(server, queryid.get_untracked(), question, start)
    })
}

fn body(server: ServerId, queryid: String, question: Question, start: StatementStart) -> AnyView {
    let all = Question { database: String::new(), role: String::new(), ..question.clone() };
    let back = to_ranking(&server, &all);
    let of = match (question.database.as_str(), question.role.as_str()) {
        ("", "") => String::new(),
        ("", role) => format!(", role {role}"),
        (database, "") => format!(", database {database}"),
        (database, role) => format!(", database {database}, role {role}"),
    };
    let charts = Signal::stored(start.charts);
    let latency = start.latency;
    // Beside the text, which is not there where nothing is known of the window.
    let whose = (question.database.as_str(), question.role.as_str());
    let address = to_statement(&server, queryid.parse().unwrap_or_default(), whose, &question);
    let plans = seen::seen(start.plans, start.plan_now, (&server, &queryid, address));
    let (plans, alone) =
        if start.detail.is_ok() { (Some(plans), None) } else { (None, Some(plans)) };
    let judged = Signal::stored((start.findings, Vec::new()));
    let major = start.major;
    let verdict = told(&start.detail, sentence);
    view! {
        <header class="page-head">
            <h1>"Statement of " {server.to_string()}</h1>
            {verdict}
        </header>
        <p class="note">{format!("Query id {queryid}{of}. ")} <a href=back>"All statements of this window"</a></p>
        <Findings judged/>
        {known(&start.detail, |detail| {
            let notes = detail.notes.iter().cloned();
            let notes = notes.map(|note| view! { <p class="note" role="alert">{note}</p> }).collect_view();
            view! {
                {notes}
                {text(&server, detail, major)}
                {plans}
                {figures(detail)}
                <Charts charts/>
                {latency.map(|shown| latency::panel(&shown, detail.rank.sums.get(Measure::Calls)))}
                {entries(&server, detail, &question)}
                {sampled::sampled(&server, detail, &question)}
                {facts(&detail.facts, Vec::new())}
            }.into_any()
        })}
        {alone}
    }
    .into_any()
}

/// What it did, in a sentence.
fn sentence(detail: &Detail) -> String {
    let sums = &detail.rank.sums;
    let Some(mean) = sums.mean_ms() else {
        return "It is not known to have ended in this window.".into();
    };
    let calls = sums.get(Measure::Calls);
    let at_least = if detail.rank.bound == Bound::LowerBound { "at least " } else { "" };
    let share = share(&detail.rank, &detail.facts);
    let share = share.map(|p| format!(", {} of all execution", format::number(p, Unit::Percent)));
    let error = sums.standard_error_ms().filter(|_| calls > 1.0);
    let error = error.map(|error| format!(" ± {}", format::number(error, Unit::Ms)));
    format!(
        "{at_least}{} in {} of {}{} each{}.",
        format::number(sums.get(Measure::ExecTime), Unit::Ms),
        format::plural(calls as i64, "call", "calls"),
        format::number(mean, Unit::Ms),
        error.unwrap_or_default(),
        share.unwrap_or_default()
    )
}

fn share(rank: &Rank, facts: &WindowFacts) -> Option<f64> {
    let whole = facts.total.get(Measure::ExecTime);
    (whole > 0.0 && rank.toplevel).then(|| 100.0 * rank.sums.get(Measure::ExecTime) / whole)
}

/// The text, what it touches, and the way to its plan.
fn text(server: &ServerId, detail: &Detail, major: Option<u16>) -> AnyView {
    let Some(text) = &detail.text else {
        return view! {
            <section class="panel" aria-labelledby="text-title">
                <h2 id="text-title">"Text"</h2>
                {empty("The text is not known: no session was seen running it and the statistics no longer hold it, or it is hidden from you.")}
            </section>
        }
        .into_any();
    };
    let laid_out = layout::lines(text);
    let copied = text.clone();
    let tables = detail.tables.iter().map(|table| {
        let to = to_ranking(server, &Question { table: table.clone(), ..Question::default() });
        view! { <li><a href=to>{table.clone()}</a></li> }
    });
    let tables = (!detail.tables.is_empty()).then(|| {
        view! { <p class="muted">"Tables it names:"</p> <ul class="statement-tables">{tables.collect_view()}</ul> }
    });
    let print = detail.fingerprint.as_ref().map(|print| {
        let question = Question { fingerprint: print.clone(), ..Question::default() };
        let to = to_ranking(server, &question);
        view! { <p class="muted">"Fingerprint " <a href=to><code>{print.clone()}</code></a> ": the same statement under other query ids."</p> }
    });
    view! {
        <section class="panel" aria-labelledby="text-title">
            <h2 id="text-title">"Text"</h2>
            <div class="code">
                <pre class="sql" tabindex="0"><code>{highlighted(&laid_out)}</code></pre>
                <CopyButton text=Signal::stored(copied)/>
            </div>
            {tables}
            {print}
            {plan_link::plan(server, detail, major)}
        </section>
    }
    .into_any()
}

/// All figures of the window.
fn figures(detail: &Detail) -> AnyView {
    let rank = &detail.rank;
    let cost = |value: Option<f64>, unit: Unit| {
        value.map_or_else(|| "–".to_owned(), |value| format::number(value, unit))
    };
    let mut shown: Vec<(&str, String)> = vec![
        ("Share of all execution", cost(share(rank, &detail.facts), Unit::Percent)),
        ("Standard error of the mean", cost(rank.sums.standard_error_ms(), Unit::Ms)),
        (
            "Longest",
            rank.max_ms.map_or_else(|| "unknown".into(), |ms| format::number(ms, Unit::Ms)),
        ),
    ];
    let mut ids: Vec<&str> = COLUMN_SETS.iter().flat_map(|(.., ids)| ids.iter().copied()).collect();
    let mut seen = std::collections::BTreeSet::new();
    ids.retain(|id| seen.insert(*id));
    let figures = ids.into_iter().filter_map(Figure::named);
    shown.extend(figures.map(|figure| {
        let value = match why_unknown(figure, &rank.sums, &detail.uncounted) {
            Some(_) => "unknown".to_owned(),
            None => cost((figure.value)(&rank.sums), figure.unit),
        };
        (figure.label, value)
    }));
    let rows = shown.into_iter().map(|(label, value)| {
        view! { <div><dt>{label}</dt><dd class="num">{value}</dd></div> }
    });
    view! {
        <section class="panel" aria-labelledby="figures-title">
            <h2 id="figures-title">"In this window"</h2>
            <dl class="statement-figures">{rows.collect_view()}</dl>
        </section>
    }
    .into_any()
}

/// What it did in each database and for each role.
fn entries(server: &ServerId, detail: &Detail, question: &Question) -> AnyView {
    if detail.entries.len() < 2 {
        return ().into_any();
    }
    let head = table::head(&[
        ("Database", false),
        ("Role", false),
        ("Sent by", false),
        ("Calls", true),
        ("Total time", true),
        ("Mean", true),
    ]);
    let rows = detail.entries.iter().map(|entry| {
        let to = to_statement(server, detail.queryid, (&entry.database, &entry.role), question);
        let by = if entry.toplevel { "clients" } else { "functions" };
        let cell = |value: Option<f64>, unit: Unit| match value {
            Some(value) => {
                view! { <td class="num" title=format::exact(value, unit)>{format::number(value, unit)}</td> }.into_any()
            }
            None => view! { <td class="num muted">"–"</td> }.into_any(),
        };
        view! {
            <tr>
                <td class="text"><a href=to>{entry.database.clone()}</a></td>
                <td class="text">{entry.role.clone()}</td>
                <td class="text">{by}</td>
                {cell(Some(entry.sums.get(Measure::Calls)), Unit::Count)}
                {cell(Some(entry.sums.get(Measure::ExecTime)), Unit::Ms)}
                {cell(entry.sums.mean_ms(), Unit::Ms)}
            </tr>
        }
    });
    view! {
        <section class="panel" aria-labelledby="entries-title">
            <h2 id="entries-title">"By database and role"</h2>
            {table::table("By database and role", head, rows.collect_view())}
        </section>
    }
    .into_any()
}
