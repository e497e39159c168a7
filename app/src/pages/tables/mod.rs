//! Tables page: the tables of all databases, how large they are, what is read and written, and when they were
//! vacuumed and analysed. Filters, order and paging are the server's work: the browser gets one page of rows.

mod controls;
mod databases;
#[cfg(feature = "ssr")]
mod map;
mod reclaimable;
mod rows;

use leptos::prelude::*;
use model::tables::listing::DatabaseState;
use model::tables::{Listing, Question, Tables};
use model::{ApiError, AreaName, Latest, ServerId, Unit};
use serde::{Deserialize, Serialize};

use super::server_param;
use crate::live;
use crate::live::findings::{Judged, poll_findings, verdict_of};
use crate::resource::loaded;
use crate::routes::access;
use crate::ui::findings::Findings;
use crate::ui::format;
use crate::ui::page::page;
use crate::ui::read_again::ReadAgain;
use crate::ui::reading::{ReadingView, empty};
use crate::ui::server_html::ServerHtml;
use crate::ui::table_links::from_url;
use crate::ui::verdict::Verdict;

/// The page's data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TablesView {
    /// The reading without its tables: for its state.
    latest: Latest<Tables>,
    judged: Judged,
    /// None until the first reading.
    listing: Option<Listing>,
    /// The map as HTML: its tiles are links inside SVG, which the server renders.
    map: String,
}

access! { "/api/tables" OnServer(See) }

/// The tables that the address asks for.
#[server(prefix = "/api", endpoint = "tables", input = model::wire::Json, output = model::wire::Json)]
pub async fn read_tables(server: ServerId, question: Question) -> Result<TablesView, ApiError> {
    use crate::auth;
    use engine::areas::tables::{TablesArea, listing};
    auth::require(model::Permission::See, Some(&server))?;
    let engine = auth::engine()?;
    let found = listing::answer(&engine, &server, &question).await;
    let found = found.map_err(|incident| ApiError::Internal { incident })?;
    let mut listing = found.ok_or(ApiError::NotFound)?.reading.map(|reading| reading.value);
    let tiles = listing.as_mut().map(|listing| std::mem::take(&mut listing.tiles));
    let map = tiles.map(|tiles| map::panel(&server, &question, &tiles).to_html());
    let map = map.unwrap_or_default();
    let latest = engine.latest_as::<TablesArea, _>(&server, Tables::without_tables);
    let latest = latest.ok_or(ApiError::NotFound)?;
    let judged = live::findings::judged(&engine, &server, "tables");
    Ok(TablesView { latest, judged, listing, map })
}

/// The page's icon: path data in a box of 20 × 20.
pub const ICON: &str = "M3 4h14v12H3zM3 8h14M3 12h14M8 8v8";

/// The page component.
#[component]
pub fn Page() -> impl IntoView {
    let server = server_param();
    let question = from_url();
    let start =
        loaded(move || server.get(), move |server| read_tables(server, question.get_untracked()));
    page("tables", start, move |start| {
        view! { <Body server=server.get_untracked() question start/> }.into_any()
    })
}

#[component]
fn Body(server: ServerId, question: Memo<Question>, start: TablesView) -> impl IntoView {
    let (latest, sink) = live::live_signal(AreaName::Tables, start.latest);
    live::open_stream(server.clone(), vec![sink]);
    let judged = RwSignal::new(start.judged);
    poll_findings(server.clone(), "tables", judged);
    let (listing, map) = (RwSignal::new(start.listing), RwSignal::new(start.map));
    follow(server.clone(), question, latest, (listing, map));
    let of_now = verdict_of(latest, judged.into(), |_| (String::new(), false));
    let words = Signal::derive(move || {
        let (message, tone) = of_now.get();
        let calm = message.is_empty().then(|| listing.with(|l| l.as_ref().map(calm)));
        (calm.flatten().unwrap_or(message), tone)
    });
    let databases = Memo::new(move |_| {
        listing.with(|l| l.as_ref().map(|l| l.databases.clone()).unwrap_or_default())
    });
    let (of_rows, of_bars) = (server.clone(), server.clone());
    view! {
        <header class="page-head">
            <h1>"Tables of " {server.to_string()}</h1>
            <Verdict words/>
            <ReadAgain server=server.clone()/>
        </header>
        <Findings judged/>
        <controls::Controls server=server.clone() question databases judged/>
        <ReadingView latest what="tables">
            {move || listing.with(|l| l.as_ref().map(notes))}
        </ReadingView>
        {move || listing.with(|l| l.as_ref().map(|listing| reclaimable::panel(&of_bars, &question.read(), listing)))}
        <ServerHtml html=map/>
        <rows::Rows server=of_rows question listing/>
        {move || databases::panel(&server, &question.read(), &databases.read())}
    }
}

/// What of the address was not understood, and that there is nothing.
fn notes(listing: &Listing) -> AnyView {
    let alerts = listing.notes.iter().cloned();
    let alerts =
        alerts.map(|note| view! { <p class="note" role="alert">{note}</p> }).collect_view();
    let is_read = |one: &DatabaseState| one.tables.is_ok();
    let none = (listing.matching == 0).then(|| match listing.databases.iter().any(is_read) {
        true => empty("No table matches."),
        false => empty("No database has been read yet."),
    });
    view! { {alerts} {none} }.into_any()
}

/// The verdict without findings: how many tables there are and how large. No state of it is green.
fn calm(listing: &Listing) -> String {
    let known = listing.databases.iter().filter_map(|one| one.tables.as_ref().ok());
    let (tables, bytes) = known.fold((0, 0), |(n, all), (tables, bytes)| (n + tables, all + bytes));
    let unknown = listing.databases.iter().filter(|one| one.tables.is_err()).count();
    let without = match unknown {
        0 => String::new(),
        n => format!("; of {} it is not known", format::plural(n as i64, "database", "databases")),
    };
    format!(
        "{} with their indexes take {}, those of the system included{without}.",
        format::plural(tables as i64, "table", "tables"),
        format::number(bytes as f64, Unit::Bytes)
    )
}

/// Asks anew when the question changes, and when the area was read again.
fn follow(
    server: ServerId,
    question: Memo<Question>,
    latest: RwSignal<Latest<Tables>>,
    (listing, map): (RwSignal<Option<Listing>>, RwSignal<String>),
) {
    let read_ms = Memo::new(move |_| latest.with(|l| l.reading.as_ref().map(|r| r.at_ms)));
    Effect::new(move |before: Option<(Question, Option<i64>)>| {
        let now = (question.get(), read_ms.get());
        if before.is_some_and(|before| before != now) {
            let (server, wanted) = (server.clone(), now.0.clone());
            leptos::task::spawn_local(async move {
                let Ok(new) = read_tables(server, wanted.clone()).await else { return };
                // Another question may have been asked meanwhile, or the page left.
                if question.try_get_untracked().as_ref() == Some(&wanted) {
                    listing.set(new.listing);
                    map.set(new.map);
                }
            });
        }
        now
    });
}
