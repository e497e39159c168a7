//! Page of one index: what it is and does, who scans it on which server, what it costs, what does the same work, and
//! what can be done about it.

mod changes;
#[cfg(feature = "ssr")]
mod charts;
mod facts;
mod scans;

use leptos::prelude::*;
use model::indexes::Question;
use model::indexes::detail::{Detail, IndexName};
use model::inspect::Asked;
use model::tables::Band;
use model::{ApiError, Known, ServerId, Unit};
use serde::{Deserialize, Serialize};

use super::server_param;
use crate::links;
use crate::live::range;
use crate::resource::loaded;
use crate::routes::access;
use crate::ui::chart::{Chart, Charts};
use crate::ui::findings::Findings;
use crate::ui::index_links::{to_index, to_indexes};
use crate::ui::page::page;
use crate::ui::read_again::ReadAgain;
use crate::ui::reading::known;
use crate::ui::table_links::{full_name, to_page, to_table};
use crate::ui::verdict::told;
use crate::ui::{bloat, format, listing};

/// The page's data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IndexView {
    detail: Known<Detail>,
    /// What building it anew would give back; None while its table is not estimated.
    band: Option<Known<Band>>,
    /// Scans in the range, and over how long of it they are known, ms; None where nothing is recorded.
    recorded: Option<(f64, i64)>,
    charts: Vec<Chart>,
}

access! { "/api/index" OnServer(See) }

/// An index, over the range of that text.
#[server(prefix = "/api", endpoint = "index", input = model::wire::Json, output = model::wire::Json)]
pub async fn read_index(
    server: ServerId,
    name: IndexName,
    range: String,
) -> Result<IndexView, ApiError> {
    use crate::auth;
    use engine::areas::indexes::{detail, past};
    use engine::areas::tables::bands;
    auth::require(model::Permission::See, Some(&server))?;
    let engine = auth::engine()?;
    let detail = detail::answer(&engine, &server, &name).ok_or(ApiError::NotFound)?;
    let table = detail.as_ref().map(|detail| detail.row.table.clone()).unwrap_or_default();
    let of_table = (name.database.as_str(), name.schema.as_str(), table.as_str());
    let band = bands::index_band(&engine, &server, of_table, &name.name);
    let time = model::TimeRange::read(&range).unwrap_or_default();
    let moments = past::of_range(&engine, &server, &name, time).await;
    let moments = moments.map_err(|incident| ApiError::Internal { incident })?;
    let mut charts = charts::charts(&moments);
    if let Some(first) = charts.first_mut() {
        first.events = Some(crate::live::events::events_of(&engine, &server, &range).await?);
    }
    let recorded = Some(past::seen(&moments)).filter(|(_, known_ms)| *known_ms > 0);
    Ok(IndexView { detail, band, recorded, charts })
}

/// The page's icon: path data in a box of 20 × 20.
pub const ICON: &str = "M3 4h6M3 10h6M3 16h6M13 4v12";

/// The page component.
#[component]
pub fn Page() -> impl IntoView {
    let (server, range) = (server_param(), range::range());
    let name = listing::asked(|part| IndexName {
        database: part("database"),
        schema: part("schema"),
        name: part("name"),
    });
    let start = loaded(
        move || (server.get(), name.get(), range.get()),
        |(server, name, range)| read_index(server, name, range),
    );
    page("index", start, move |start| body(&server.get_untracked(), &name.get_untracked(), start))
}

fn body(server: &ServerId, name: &IndexName, start: IndexView) -> AnyView {
    let verdict = told(&start.detail, sentence);
    let findings = start.detail.as_ref().map(|detail| detail.row.findings.clone());
    let judged = Signal::stored((findings.unwrap_or_default(), Vec::new()));
    let charts = Signal::stored(start.charts);
    let named = (!name.name.is_empty()).then(|| {
        let full = full_name(&name.schema, &name.name);
        view! { " " <bdi>{full}</bdi> }
    });
    view! {
        <header class="page-head">
            <h1>"Index" {named}</h1>
            {verdict}
            <ReadAgain server=server.clone()/>
        </header>
        {ways(server, name, start.detail.as_ref().ok())}
        <Findings judged/>
        {known(&start.detail, |detail| view! {
            {facts::definition(detail)}
            {scans::servers(detail)}
            <section class="panel" aria-labelledby="past-title">
                <h2 id="past-title">"Its scans over time"</h2>
                <p>{format::unbroken(&scans::recorded(start.recorded))}</p>
                <Charts charts/>
            </section>
            {rebuilt(detail, start.band.as_ref())}
            {facts::writes(detail)}
            {facts::others(server, detail)}
            {changes::changes(detail)}
        }.into_any())}
    }
    .into_any()
}

/// Links to what other pages know of it.
fn ways(server: &ServerId, name: &IndexName, detail: Option<&Detail>) -> AnyView {
    let all =
        to_indexes(server, &Question { database: name.database.clone(), ..Question::default() });
    let of_table = detail.map(|detail| {
        let row = &detail.row;
        let to = to_table(server, &row.datname, &row.nspname, &row.table);
        let full = full_name(&row.nspname, &row.table);
        view! { " · Table " <a href=to><bdi>{full}</bdi></a> }
    });
    let part_of = detail.and_then(|detail| detail.part_of.as_ref()).map(|(nspname, relname)| {
        let to = to_index(server, &name.database, nspname, relname);
        view! { " · Part of " <a href=to><bdi>{full_name(nspname, relname)}</bdi></a> }
    });
    let btree = detail.filter(|detail| detail.row.amname == "btree" && detail.parts == 0);
    let measured =
        [("database", &name.database), ("schema", &name.schema), ("relation", &name.name)];
    let to_measure = links::area(server, "measure")
        + &links::query(&measured.map(|(key, of)| (key, of.as_str())));
    let (database, schema) = (name.database.clone(), name.schema.clone());
    let asked = Asked { database, schema, name: name.name.clone(), ..Asked::default() };
    let pages = btree.map(|_| {
        view! {
            " · " <a href=to_measure>"Measure its bloat"</a>
            " · " <a href=to_page(server, &asked)>"Look at its pages"</a>
        }
    });
    view! {
        <p class="note">
            "Database " <bdi>{name.database.clone()}</bdi> ". "
            <a href=all>"All indexes of this database"</a>
            {of_table} {part_of} {pages}
        </p>
    }
    .into_any()
}

/// What building it anew would give back, in the words of its table's page.
fn rebuilt(detail: &Detail, band: Option<&Known<Band>>) -> AnyView {
    let row = &detail.row;
    let inner = match (band, detail.parts) {
        (_, 1..) => view! { <p class="note">"The parts of a partitioned index are estimated one by one."</p> }.into_any(),
        (Some(known), _) => {
            let remedy = bloat::index_remedy(&row.nspname, &row.relname, known);
            bloat::table(bloat::row(&row.relname, known, remedy))
        }
        (None, _) => view! { <p class="note">"Not estimated yet: the largest tables come first, some hundred in each reading."</p> }.into_any(),
    };
    view! {
        <section class="panel" aria-labelledby="bloat-title">
            <h2 id="bloat-title">"What building it anew would give back"</h2>
            {inner}
        </section>
    }
    .into_any()
}

/// How large it is and how often it is scanned, in a sentence.
fn sentence(detail: &Detail) -> String {
    let row = &detail.row;
    let share = row.table_percent.map_or_else(String::new, |percent| {
        format!(", {} of its table", format::number(percent, Unit::Percent))
    });
    let scans = match (row.scans, row.counted_since_ms) {
        (None, _) => "scans are not counted".to_owned(),
        (Some(0), _) if !row.scanned_on.is_empty() => {
            format!("scanned on {} only", row.scanned_on.join(", "))
        }
        (Some(scans), Some(ms)) => {
            let times = format::plural(scans, "scan", "scans");
            format!("{times} here since {}", format::moment(ms))
        }
        (Some(scans), None) => {
            format!("{} here, since when is not known", format::plural(scans, "scan", "scans"))
        }
    };
    format!("{}{share}; {scans}.", format::number(row.bytes, Unit::Bytes))
}
