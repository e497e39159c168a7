//! Indexes page: every index of every database, what it costs, who scans it and what is wrong with it. Filters,
//! order and paging are the server's work: the browser gets one page of rows.

mod controls;
mod details;
mod state;
mod table;

use leptos::prelude::*;
use model::indexes::{Indexes, Listing, Question};
use model::{ApiError, AreaName, Latest, ServerId};
use serde::{Deserialize, Serialize};

use super::server_param;
use crate::live;
use crate::live::findings::{Judged, poll_findings, verdict_of};
use crate::resource::loaded;
use crate::routes::access;
use crate::ui::findings::Findings;
use crate::ui::index_links::from_url;
use crate::ui::page::page;
use crate::ui::read_again::ReadAgain;
use crate::ui::reading::{ReadingView, empty};
use crate::ui::verdict::{Tone, Verdict};

/// The page's data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IndexesView {
    latest: Latest<Indexes>,
    judged: Judged,
    listing: Listing,
}

access! { "/api/indexes" OnServer(See) }

/// The indexes that the address asks for. The newest reading comes with them for its state.
#[server(prefix = "/api", endpoint = "indexes", input = model::wire::Json, output = model::wire::Json)]
pub async fn read_indexes(server: ServerId, question: Question) -> Result<IndexesView, ApiError> {
    use crate::auth;
    use engine::areas::indexes::{IndexesArea, listing};
    use engine::areas::tables::bands;
    auth::require(model::Permission::See, Some(&server))?;
    let engine = auth::engine()?;
    let bands = bands::index_bands(&engine, &server);
    let answer = listing::answer(&engine, &server, &question, bands).ok_or(ApiError::NotFound)?;
    let latest = engine.latest_as::<IndexesArea, _>(&server, Indexes::counted);
    let latest = latest.ok_or(ApiError::NotFound)?;
    let judged = live::findings::judged(&engine, &server, "indexes");
    let listing = answer.reading.map(|reading| reading.value).unwrap_or_default();
    Ok(IndexesView { latest, judged, listing })
}

/// The page's icon: path data in a box of 20 × 20.
pub const ICON: &str = "M3 4h6M3 10h6M3 16h6M13 4v12M13 16l-2-2.5M13 16l2-2.5";

/// The page component.
#[component]
pub fn Page() -> impl IntoView {
    let server = server_param();
    let question = from_url();
    let start =
        loaded(move || server.get(), move |server| read_indexes(server, question.get_untracked()));
    page("indexes", start, move |start| {
        view! { <Body server=server.get_untracked() question start/> }.into_any()
    })
}

#[component]
fn Body(server: ServerId, question: Memo<Question>, start: IndexesView) -> impl IntoView {
    let (latest, sink) = live::live_signal(AreaName::Indexes, start.latest);
    live::open_stream(server.clone(), vec![sink]);
    let judged = RwSignal::new(start.judged);
    poll_findings(server.clone(), "indexes", judged);
    let listing = RwSignal::new(start.listing);
    follow(server.clone(), question, latest, listing);
    let of_now = verdict_of(latest, judged.into(), |_| (String::new(), false));
    let words = Signal::derive(move || {
        let (message, tone) = of_now.get();
        if !message.is_empty() {
            return (message, tone);
        }
        let is_quiet = judged.with(|(findings, _)| findings.is_empty());
        listing.with(|listing| {
            let fine = is_quiet && state::is_known(listing);
            (state::calm(listing), if fine { Tone::Fine } else { tone })
        })
    });
    let shown_server = server.clone();
    let suggestions = crate::links::area(&server, "suggestions");
    view! {
        <header class="page-head">
            <h1>"Indexes of " {server.to_string()}</h1>
            <Verdict words/>
            <p><a href=suggestions>"Indexes that statements ask for"</a></p>
            <ReadAgain server=server.clone()/>
        </header>
        <Findings judged/>
        <controls::Controls server question listing/>
        <ReadingView latest what="indexes">
            {move || listing.with(state::notes)}
            {move || listing.with(|listing| nothing(listing, &question.read()))}
        </ReadingView>
        <table::Rows server=shown_server question listing/>
        {move || listing.with(state::basis)}
    }
}

/// That no row is shown, and why.
fn nothing(listing: &Listing, question: &Question) -> Option<AnyView> {
    let known = listing.databases.iter().filter_map(|one| one.indexes.as_ref().ok());
    let all: usize = known.map(|(indexes, _)| indexes).sum();
    let is_asked = *question != Question { page: question.page, ..Question::default() };
    (listing.matching == 0).then(|| match (all, is_asked) {
        (1.., true) => empty("No index matches the filter."),
        _ => empty("No index is known: a primary key or a unique constraint makes one, CREATE INDEX others."),
    })
}

/// Asks anew when the question changes, and when a newer reading has come.
fn follow(
    server: ServerId,
    question: Memo<Question>,
    latest: RwSignal<Latest<Indexes>>,
    listing: RwSignal<Listing>,
) {
    let ask = move |wanted: Question| {
        let server = server.clone();
        leptos::task::spawn_local(async move {
            let answer = read_indexes(server, wanted.clone()).await;
            if let Ok(new) = answer
                // Another question may have been asked meanwhile, or the page left.
                && question.try_get_untracked().as_ref() == Some(&wanted)
                && listing.try_with_untracked(|old| *old != new.listing).unwrap_or(false)
            {
                listing.set(new.listing);
            }
        });
    };
    let read_ms =
        Memo::new(move |_| latest.with(|latest| latest.reading.as_ref().map(|one| one.at_ms)));
    Effect::new(move |before: Option<(Question, Option<i64>)>| {
        let now = (question.get(), read_ms.get());
        if before.is_some_and(|before| before != now) {
            ask(now.0.clone());
        }
        now
    });
}
