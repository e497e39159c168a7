//! Page of a table's columns: what ANALYZE left of each, statistics of several together, and which columns go
//! together by a sample.

mod together;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use model::columns::{Column, Columns, Extended, Numbers, Together};
use model::tables::detail::TableName;
use model::{ApiError, Known, ServerId, Unit};
use serde::{Deserialize, Serialize};

use super::server_param;
use crate::links;
use crate::resource::loaded;
use crate::routes::access;
use crate::ui::format;
use crate::ui::page::page;
use crate::ui::reading::{empty, known};
use crate::ui::table;
use crate::ui::table_links::{full_name, to_table};

/// The page's icon: path data in a box of 20 × 20.
pub const ICON: &str = "M3 3h4v14H3zM8 3h4v14H8zM13 3h4v14h-4z";

/// The page's data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnsView {
    columns: Known<Columns>,
    /// Which columns go together, where that was asked for.
    together: Option<Known<Together>>,
}

access! { "/api/columns" OnServer(Explain) }

/// What the planner knows of a table's columns, and which go together where that is asked for.
#[server(prefix = "/api", endpoint = "columns", input = model::wire::Json, output = model::wire::Json)]
pub async fn read_columns(
    server: ServerId,
    name: TableName,
    compare: bool,
) -> Result<ColumnsView, ApiError> {
    use crate::auth;
    auth::require(model::Permission::Explain, Some(&server))?;
    let engine = auth::engine()?;
    let columns = engine.table_columns(&server, &name).await;
    let together = match compare && columns.is_ok() {
        true => Some(engine.columns_together(&server, &name).await),
        false => None,
    };
    Ok(ColumnsView { columns, together })
}

/// The page component.
#[component]
pub fn Page() -> impl IntoView {
    let (server, query) = (server_param(), use_query_map());
    let asked = Memo::new(move |_| {
        query.with(|query| {
            let part = |name: &str| query.get(name).unwrap_or_default();
            let name = TableName {
                database: part("database"),
                schema: part("schema"),
                name: part("name"),
            };
            (name, part("compare") == "1")
        })
    });
    let start = loaded(
        move || (server.get(), asked.get()),
        |(server, (name, compare))| read_columns(server, name, compare),
    );
    page("columns", start, move |start| {
        body(&server.get_untracked(), &asked.get_untracked().0, start)
    })
}

fn body(server: &ServerId, name: &TableName, start: ColumnsView) -> AnyView {
    let full = full_name(&name.schema, &name.name);
    let to = to_table(server, &name.database, &name.schema, &name.name);
    // The page reads whenever it is loaded.
    let again = links::area(server, "columns")
        + &links::query(&[
            ("database", &name.database),
            ("schema", &name.schema),
            ("name", &name.name),
        ]);
    let verdict = match &start.columns {
        Ok(columns) => sentence(columns),
        Err(_) => "Nothing is known of its columns.".to_owned(),
    };
    let of = (!name.name.is_empty()).then(|| view! { " of " <bdi>{full}</bdi> });
    view! {
        <header class="page-head">
            <h1>"Columns" {of}</h1>
            <p class="verdict open">{verdict}</p>
        </header>
        <p class="note">
            "Database " <bdi>{name.database.clone()}</bdi> ". " <a href=to>"The table"</a> " · "
            <a href=again rel="external">"Read again"</a>
        </p>
        {known(&start.columns, |columns| view! {
            {each(columns)}
            {extended(columns)}
            {together::together(server, name, start.together.as_ref())}
        }.into_any())}
    }
    .into_any()
}

fn sentence(columns: &Columns) -> String {
    let unknown = columns.columns.iter().filter(|column| column.numbers.is_err()).count();
    let all = format::plural(columns.columns.len() as i64, "column", "columns");
    match unknown {
        0 => format!("{all}, numbers from {}.", columns.source),
        unknown => format!("{all}, nothing known of {unknown}; read from {}.", columns.source),
    }
}

const HEAD: [(&str, bool); 9] = [
    ("Column", false),
    ("Type", false),
    ("Nulls", true),
    ("Distinct values", true),
    ("Most common value", true),
    ("Common values kept", true),
    ("Correlation", true),
    ("Mean width", true),
    ("Statistics target", true),
];

/// A row per column.
fn each(columns: &Columns) -> AnyView {
    let rows = columns.columns.iter().map(|column| row(column, columns.default_target));
    let rows = rows.collect_view();
    view! {
        <section class="panel" aria-labelledby="columns-title">
            <h2 id="columns-title">"What the planner knows of each"</h2>
            {table::table("Columns", table::head(&HEAD), rows)}
            <p class="muted">
                "Correlation is how far the order of the values is that of the table: near 1 or −1 a range of them lies in few blocks, \
                 so index scans are cheap and BRIN fits. A most common value with a large share means that one plan does not fit all values."
            </p>
        </section>
    }
    .into_any()
}

fn row(column: &Column, default_target: i32) -> AnyView {
    let target = match column.attstattarget {
        Some(target) => target.to_string(),
        None => format!("{default_target} by default"),
    };
    let options = (!column.attoptions.is_empty()).then(|| {
        let options = column.attoptions.join(", ");
        view! { <br/> <span class="muted">{options}</span> }
    });
    let numbers = match &column.numbers {
        Ok(numbers) => cells(numbers),
        Err(reason) => view! { <td colspan="6" class="muted">{reason.message()}</td> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row"><bdi>{column.attname.clone()}</bdi></th>
            <td><bdi>{column.data_type.clone()}</bdi></td>
            {numbers}
            <td class="num">{target} {options}</td>
        </tr>
    }
    .into_any()
}

fn cells(numbers: &Numbers) -> AnyView {
    let share = |share: f64| format::number(100.0 * share, Unit::Percent);
    let distinct = match numbers.n_distinct {
        0.0 => "not known".to_owned(),
        -1.0 => "one in each row".to_owned(),
        part if part < 0.0 => format!("{} of the rows", share(-part)),
        count => format::number(count, Unit::Count),
    };
    let kept = match numbers.common_values {
        0 => "none".to_owned(),
        count => format!("{count}: {} of the rows", share(numbers.common_share)),
    };
    // Rounded first, so that a little below zero is not shown as −0.
    let rounded = |value: f64| (100.0 * value).round() / 100.0 + 0.0;
    let correlation = numbers.correlation.map(|value| format!("{:.2}", rounded(value)));
    let correlation = correlation.unwrap_or_else(|| "–".to_owned());
    view! {
        <td class="num">{share(numbers.null_frac)}</td>
        <td class="num">{distinct}</td>
        <td class="num">{numbers.most_common.map_or("–".to_owned(), share)}</td>
        <td class="num">{kept}</td>
        <td class="num">{correlation}</td>
        <td class="num">{format::number(f64::from(numbers.avg_width), Unit::Bytes)}</td>
    }
    .into_any()
}

/// CREATE STATISTICS.
fn extended(columns: &Columns) -> AnyView {
    let one = |one: &Extended| {
        let state = match one.is_filled {
            Some(true) => "filled by ANALYZE",
            Some(false) => "empty until the next ANALYZE: the planner has nothing of it",
            None => "our role may not see whether ANALYZE has filled it",
        };
        view! {
            <li><code>{one.definition.clone()}</code> " – " {state}</li>
        }
    };
    let list = match columns.extended.is_empty() {
        true => empty("There are no statistics of several columns together."),
        false => view! { <ul>{columns.extended.iter().map(one).collect_view()}</ul> }.into_any(),
    };
    view! {
        <section class="panel" aria-labelledby="extended-title">
            <h2 id="extended-title">"Extended statistics"</h2>
            {list}
        </section>
    }
    .into_any()
}
