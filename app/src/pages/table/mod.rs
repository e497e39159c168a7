//! Page of one table: its sizes, what was done to it over time, its partitions, and why its dead rows stay.

mod bloat;
#[cfg(feature = "ssr")]
mod charts;
mod facts;
mod partitions;
mod pruning;

use leptos::prelude::*;
use model::pruning::Pruning;
use model::statements;
use model::tables::detail::{Detail, TableName};
use model::tables::{Kind, Question};
use model::{ApiError, Finding, Known, ServerId, Unit};
use serde::{Deserialize, Serialize};

use super::server_param;
use crate::links;
use crate::live::range;
use crate::resource::loaded;
use crate::routes::access;
use crate::ui::chart::{Chart, Charts};
use crate::ui::findings::Findings;
use crate::ui::page::page;
use crate::ui::read_again::ReadAgain;
use crate::ui::reading::known;
use crate::ui::statement_links::to_ranking;
use crate::ui::table_links::{full_name, to_table, to_tables};
use crate::ui::verdict::told;
use crate::ui::{format, listing};

/// The page's data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableView {
    detail: Known<Detail>,
    /// Why VACUUM has not removed its dead rows; None where the table is not known.
    why_dead_rows_stay: Option<String>,
    findings: Vec<Finding>,
    /// Statements that read it; None where it is not partitioned.
    pruning: Option<Known<Pruning>>,
    charts: Vec<Chart>,
}

access! { "/api/table" OnServer(See) }

/// A table, over the range of that text.
#[server(prefix = "/api", endpoint = "table", input = model::wire::Json, output = model::wire::Json)]
pub async fn read_table(
    server: ServerId,
    name: TableName,
    range: String,
) -> Result<TableView, ApiError> {
    use crate::auth;
    use engine::areas::tables::{TablesArea, detail, past};
    use model::Reason;
    auth::require(model::Permission::See, Some(&server))?;
    let engine = auth::engine()?;
    let latest = engine.latest_as::<TablesArea, _>(&server, |tables| detail::detail(tables, &name));
    let latest = latest.ok_or(ApiError::NotFound)?;
    let why = latest.failure.map_or(Reason::NotYet, |failure| failure.reason);
    let detail = latest.reading.map_or(Err(why), |reading| reading.value);
    let object = model::Object::table(&name.database, &name.schema, &name.name);
    let (mut findings, _) = crate::live::findings::judged(&engine, &server, "");
    findings.retain(|finding| finding.object == object);
    let time = model::TimeRange::read(&range).unwrap_or_default();
    let moments = past::of_range(&engine, &server, &name, time).await;
    let mut charts = charts::charts(&moments.map_err(|incident| ApiError::Internal { incident })?);
    if let Some(first) = charts.first_mut() {
        first.events = Some(crate::live::events::events_of(&engine, &server, &range).await?);
    }
    let why_dead_rows_stay =
        detail.as_ref().ok().map(|detail| why_not(&engine, &server, &name, detail));
    let pruning = match detail.as_ref().ok().and_then(|detail| detail.tree_key.as_ref()) {
        Some(Ok(key)) => Some(pruning::read(&engine, &server, &name, (key, time)).await?),
        Some(Err(reason)) => Some(Err(reason.clone())),
        None => None,
    };
    Ok(TableView { pruning, detail, why_dead_rows_stay, findings, charts })
}

/// Why its dead rows stay, with what other areas know of it.
#[cfg(feature = "ssr")]
fn why_not(
    engine: &engine::Engine,
    server: &ServerId,
    name: &TableName,
    detail: &Detail,
) -> String {
    use engine::areas::{activity::ActivityArea, vacuum::VacuumArea};
    use model::tables::cleaning::{Case, why_dead_rows_stay};
    let holders = engine.latest_as::<VacuumArea, _>(server, |vacuum| vacuum.xmin_holders.clone());
    let holders = holders.and_then(|latest| latest.reading).map(|reading| reading.value);
    let holders = holders.unwrap_or(Err(model::Reason::NotYet));
    let full = full_name(&name.schema, &name.name);
    let running = engine.latest_as::<ActivityArea, _>(server, |activity| {
        let workers = activity.autovacuum.as_ref().map(|autovacuum| autovacuum.workers.as_slice());
        workers.unwrap_or_default().iter().any(|worker| {
            worker.datname.as_deref() == Some(name.database.as_str())
                && worker.table.as_deref() == Some(full.as_str())
                && worker.command.as_deref().is_some_and(|command| command.starts_with("VACUUM"))
        })
    });
    why_dead_rows_stay(&Case {
        table: &detail.table,
        datname: &name.database,
        settings: &detail.autovacuum,
        now_ms: detail.server_now_ms,
        holders: holders.as_deref().map_err(Clone::clone),
        is_running: running.and_then(|latest| latest.reading).is_some_and(|reading| reading.value),
    })
}

/// The page's icon: path data in a box of 20 × 20.
pub const ICON: &str = "M3 4h14v12H3zM3 8h14M8 8v8";

/// The page component.
#[component]
pub fn Page() -> impl IntoView {
    let (server, range) = (server_param(), range::range());
    let name = listing::asked(|part| TableName {
        database: part("database"),
        schema: part("schema"),
        name: part("name"),
    });
    let start = loaded(
        move || (server.get(), name.get(), range.get()),
        |(server, name, range)| read_table(server, name, range),
    );
    page("table", start, move |start| body(&server.get_untracked(), &name.get_untracked(), start))
}

fn body(server: &ServerId, name: &TableName, start: TableView) -> AnyView {
    let full = full_name(&name.schema, &name.name);
    let all =
        to_tables(server, &Question { database: name.database.clone(), ..Question::default() });
    let verdict = told(&start.detail, sentence);
    let charts = Signal::stored(start.charts);
    let judged = Signal::stored((start.findings, Vec::new()));
    let why = start.why_dead_rows_stay;
    let statements = statements::Question {
        table: full.clone(),
        database: name.database.clone(),
        ..statements::Question::default()
    };
    let named = (!name.name.is_empty()).then(|| {
        let full = full.clone();
        view! { " " <bdi>{full}</bdi> }
    });
    let of = |page: &str, pairs: &[(&str, &str)]| {
        format!("{}{}", links::area(server, page), links::query(pairs))
    };
    let to_indexes = of("indexes", &[("q", &full), ("database", &name.database)]);
    let measured =
        [("database", &name.database), ("schema", &name.schema), ("relation", &name.name)];
    let to_columns = of(
        "columns",
        &[("database", &name.database), ("schema", &name.schema), ("name", &name.name)],
    );
    let to_measure = of("measure", &measured.map(|(key, value)| (key, value.as_str())));
    let to_inspect = of(
        "inspect",
        &[("database", &name.database), ("schema", &name.schema), ("name", &name.name)],
    );
    view! {
        <header class="page-head">
            <h1>"Table" {named}</h1>
            {verdict}
            <ReadAgain server=server.clone()/>
        </header>
        <p class="note">
            "Database " <bdi>{name.database.clone()}</bdi> ". "
            <a href=all>"All tables of this database"</a> " · "
            <a href=to_ranking(server, &statements)>"Statements that name it"</a> " · "
            <a href=to_indexes>"Its indexes"</a> " · "
            <a href=to_measure>"Measure its bloat"</a> " · "
            <a href=to_columns>"What the planner knows of its columns"</a> " · "
            <a href=to_inspect>"Look at its pages"</a>
        </p>
        <Findings judged/>
        {known(&start.detail, |detail| {
            let above = detail.parent.as_ref().map(|(nspname, relname)| {
                let to = to_table(server, &name.database, nspname, relname);
                view! { <p class="note">"It belongs to " <a href=to><bdi>{full_name(nspname, relname)}</bdi></a> "."</p> }
            });
            view! {
                {above}
                <section class="panel" aria-labelledby="dead-title">
                    <h2 id="dead-title">"Why dead rows stay"</h2>
                    <p>{why.as_deref().map(format::unbroken)}</p>
                </section>
                {facts::sizes(server, detail)}
                {bloat::bloat(detail)}
                <Charts charts/>
                {facts::facts(detail)}
                {partitions::partitions(server, detail)}
                {start.pruning.as_ref().map(|found| pruning::panel(server, &name.database, detail, found))}
            }.into_any()
        })}
    }
    .into_any()
}

/// How large it is, in a sentence.
fn sentence(detail: &Detail) -> String {
    let sums = &detail.row.sums;
    let about = if sums.old_sizes > 0 { "about " } else { "" };
    let with = match detail.table.kind {
        Kind::Partitioned => {
            format!(
                " in {}",
                format::plural(detail.row.partitions as i64, "partition", "partitions")
            )
        }
        _ => String::new(),
    };
    let rows = match sums.reltuples {
        Some(rows) => format!("about {} rows", format::number(rows, Unit::Count)),
        None => "its rows were never counted".to_owned(),
    };
    format!("{about}{}{with}, {rows}.", format::number(sums.total_bytes() as f64, Unit::Bytes))
}
