//! A watched server's catalog of a plan's tables, for the rules and for the page; each part that
//! could not be read comes with its reason.

pub mod picker;

use leptos::prelude::*;
use model::{Reason, ServerId, Unit};
use plan::catalog::{Catalog, Index, Relation};
use serde::{Deserialize, Serialize};

use super::describe::shown;
use crate::ui::format;
use crate::ui::reading::why;

/// Maximum of columns listed per table.
const MOST_COLUMNS: usize = 40;
/// Maximum of tables listed.
const MOST_TABLES: usize = 50;

/// A relation of a plan: schema, if printed (VERBOSE), and name.
pub type TableName = (Option<String>, String);

/// The catalog of a plan's tables, as read from a server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServerCatalog {
    /// The server.
    pub server: ServerId,
    /// The database; empty for that of the server's DSN.
    pub database: String,
    /// The catalog as the rules take it.
    pub catalog: Catalog,
    /// The parts that could not be read, and why.
    pub unknown: Vec<(String, Reason)>,
    /// Tables of the plan that the server does not have under that name.
    pub absent: Vec<String>,
}

/// The tables a plan reads or writes, each once.
pub fn tables_of(plan: &plan::Plan) -> Vec<TableName> {
    let mut all: Vec<TableName> = Vec::new();
    for node in &plan.nodes {
        let Some(name) = &node.relation else { continue };
        let one = (node.schema.clone(), name.clone());
        if !all.contains(&one) {
            all.push(one);
        }
    }
    all
}

#[cfg(feature = "ssr")]
impl ServerCatalog {
    /// Assembles the catalog. Where an index or extended statistics might exist unseen, the part
    /// stays unknown: unknown is never treated as empty.
    pub fn new(
        server: ServerId,
        database: String,
        asked: &[TableName],
        read: engine::explain::catalog::PlanCatalog,
    ) -> Self {
        let there = |schema: &Option<String>, name: &str| {
            read.relations.iter().flatten().any(|one| {
                one.name == name && schema.as_ref().is_none_or(|schema| one.schema == *schema)
            })
        };
        let absent = asked.iter().filter(|(schema, name)| !there(schema, name));
        let absent = absent.map(|(_, name)| name.clone()).collect();
        let (catalog, unknown) = read.for_rules();
        let unknown = unknown.into_iter().map(|(what, reason)| (what.to_owned(), reason));
        Self { server, database, catalog, unknown: unknown.collect(), absent }
    }
}

/// Why the catalog could not be read, with its remedy.
pub fn catalog_error(reason: &Reason) -> String {
    let remedy = reason.remedy().map(|remedy| format!(" {remedy}")).unwrap_or_default();
    format!("{}{remedy}", reason.message())
}

/// The catalog, rendered below the findings that use it.
pub fn server_catalog(answer: &ServerCatalog) -> AnyView {
    let tables = &answer.catalog.relations;
    let database = match answer.database.as_str() {
        "" => String::new(),
        name => format!(" (database {})", shown(name)),
    };
    let message = format!(
        "Checked against the catalog of {}{database}: {}",
        answer.server,
        format::plural(tables.len() as i64, "table", "tables")
    );
    let unknown = answer.unknown.iter().map(|(what, reason)| {
        view! { <p class="note">{format!("The {what} could not be read; rules that need them are not checked.")}</p> {why(reason)} }
    });
    let absent = (!answer.absent.is_empty()).then(|| {
        let names = shown(&answer.absent.join(", ")).into_owned();
        view! { <p class="note">{format!("{} has no such table, or pgdeck's role cannot see it: {names}.", answer.server)}</p> }
    });
    let rows = tables.iter().take(MOST_TABLES).map(table).collect_view();
    let settings: Vec<String> =
        answer.catalog.settings.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    let settings = (!settings.is_empty()).then(|| {
        view! { <p class="note">"Settings now: " {shown(&settings.join(", ")).into_owned()}</p> }
    });
    view! {
        <section class="plan-consulted" aria-labelledby="plan-consulted-title">
            <h2 id="plan-consulted-title">{message}</h2>
            {unknown.collect_view()}
            {absent}
            {rows}
            {settings}
        </section>
    }
    .into_any()
}

fn table(relation: &Relation) -> AnyView {
    let name = shown(&format!("{}.{}", relation.schema, relation.name)).into_owned();
    let size = relation.size_bytes.map(|bytes| format::number(bytes, Unit::Bytes));
    let rows = relation.reltuples.filter(|rows| *rows >= 0.0);
    let rows = rows.map_or_else(
        || "row count unknown: never analyzed".to_owned(),
        |rows| format!("{} rows", format::grouped(rows.round())),
    );
    let columns = relation.columns.iter().take(MOST_COLUMNS).map(|column| {
        view! {
            <tr>
                <th scope="row">{shown(&column.name).into_owned()}</th>
                <td class="num">{column.n_distinct.map_or_else(|| "–".into(), distinct)}</td>
                <td class="num">{column.correlation.map_or_else(|| "–".into(), |value| format!("{value:.2}"))}</td>
                <td class="num">{share(column.null_frac)}</td>
                <td class="num">{share(column.most_common_freq)}</td>
            </tr>
        }
    });
    let columns = (!relation.columns.is_empty()).then(|| {
        view! {
            <div class="scroll" tabindex="0" role="group" aria-label=format!("Column statistics of {name}")>
                <table>
                    <thead><tr>
                        <th scope="col">"Column"</th>
                        <th scope="col" class="num">"Distinct values"</th>
                        <th scope="col" class="num">"Correlation"</th>
                        <th scope="col" class="num">"Nulls"</th>
                        <th scope="col" class="num">"Most common value"</th>
                    </tr></thead>
                    <tbody>{columns.collect_view()}</tbody>
                </table>
            </div>
        }
    });
    let indexes = match relation.indexes.is_empty() {
        true => view! { <li>"This table has no index."</li> }.into_any(),
        false => relation.indexes.iter().map(index).collect_view().into_any(),
    };
    view! {
        <details class="plan-table-facts">
            <summary>
                <code>{name.clone()}</code>
                <span class="muted num">{[size.unwrap_or_default(), rows, analysed(relation)].join(", ")}</span>
            </summary>
            <ul>{indexes}</ul>
            {columns}
        </details>
    }
    .into_any()
}

fn index(index: &Index) -> AnyView {
    let mut message = format!("{} on ({})", index.method, index.keys.join(", "));
    if !index.include.is_empty() {
        message.push_str(&format!(" include ({})", index.include.join(", ")));
    }
    if let Some(predicate) = &index.predicate {
        message.push_str(&format!(" where {predicate}"));
    }
    let size = index.size_bytes.map(|bytes| format!(", {}", format::number(bytes, Unit::Bytes)));
    let invalid = (!index.indisvalid).then_some(", invalid");
    let unique = index.indisunique.then_some("unique ");
    view! {
        <li>
            <code>{shown(&index.name).into_owned()}</code> " " {unique}
            {shown(&message).into_owned()} {size} {invalid}
        </li>
    }
    .into_any()
}

/// The last ANALYZE, and the rows modified since.
fn analysed(relation: &Relation) -> String {
    let changed = relation.n_mod_since_analyze.filter(|rows| *rows >= 1.0);
    let changed = changed
        .map(|rows| format!(", {} rows changed since", format::grouped(rows.round())))
        .unwrap_or_default();
    match relation.analyze_age_seconds {
        Some(seconds) => format!("analyzed {} ago{changed}", format::age(seconds * 1_000.0)),
        None => format!("never analyzed{changed}"),
    }
}

/// `n_distinct` as text: a negative value is a fraction of the rows.
fn distinct(value: f64) -> String {
    match value < 0.0 {
        true => format!("{} of the rows", format::number(value * -100.0, Unit::Percent)),
        false => format::grouped(value.round()),
    }
}

fn share(value: Option<f64>) -> String {
    value.map_or_else(|| "–".into(), |share| format::number(share * 100.0, Unit::Percent))
}
