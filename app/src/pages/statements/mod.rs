//! Statements page: what statements did in the last ten minutes by `pg_stat_statements`, ranked, and how
//! much of the server's work that explains.

mod regressions;
mod table;

use leptos::prelude::*;
use model::statements::{GapReason, Measure, StatementText, Statements, Window};
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
use crate::ui::reading::{ReadingView, empty, why};
use crate::ui::verdict::Verdict;
use table::Ranking;

/// Polling interval of texts, ms: as often as the area is read.
const TEXTS_EVERY_MS: u64 = 10_000;

/// The data of the page's first render.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatementsStart {
    latest: Latest<Statements>,
    judged: Judged,
    texts: Vec<StatementText>,
}

access! { "/api/ranking" OnServer(See) }

/// The page's first reading: what the event stream carries, and the texts apart.
#[server(prefix = "/api", endpoint = "ranking", output = model::wire::Json)]
pub async fn read_ranking(server: ServerId) -> Result<StatementsStart, ApiError> {
    use crate::auth;
    use engine::area::Area;
    use engine::areas::statements::StatementsArea;
    auth::require(model::Permission::See, Some(&server))?;
    let texts = read_texts(server.clone()).await?;
    let engine = auth::engine()?;
    let mut latest = engine.latest::<StatementsArea>(&server).ok_or(ApiError::NotFound)?;
    if let Some(reading) = &mut latest.reading
        && let Some(short) = StatementsArea::streamed(&reading.value)
    {
        reading.value = short;
    }
    let judged = live::findings::judged(&engine, &server, "statements");
    Ok(StatementsStart { latest, judged, texts })
}

access! { "/api/texts" OnServer(See) }

/// The texts of ranked statements; none for people who may not see them.
#[server(prefix = "/api", endpoint = "texts", output = model::wire::Json)]
pub async fn read_texts(server: ServerId) -> Result<Vec<StatementText>, ApiError> {
    use crate::auth;
    use engine::areas::statements::StatementsArea;
    let user = auth::require(model::Permission::See, Some(&server))?;
    let latest = auth::engine()?.latest::<StatementsArea>(&server).ok_or(ApiError::NotFound)?;
    let texts = latest.reading.map(|reading| reading.value.texts).unwrap_or_default();
    Ok(if user.sees_query_text(&server) { texts } else { Vec::new() })
}

/// The page's icon: path data in a box of 20 × 20.
pub const ICON: &str = "M3 5h14M3 10h9M3 15h5";

/// The page component.
#[component]
pub fn Page() -> impl IntoView {
    let server = server_param();
    let start = loaded(move || server.get(), read_ranking);
    page("statements", start, move |start| {
        view! { <Body server=server.get_untracked() start/> }.into_any()
    })
}

#[component]
fn Body(server: ServerId, start: StatementsStart) -> impl IntoView {
    let (latest, sink) = live::live_signal(AreaName::Statements, start.latest);
    live::open_stream(server.clone(), vec![sink]);
    let judged = RwSignal::new(start.judged);
    poll_findings(server.clone(), "statements", judged);
    let texts = RwSignal::new(start.texts);
    let polled = server.clone();
    live::poll(TEXTS_EVERY_MS, texts, move || read_texts(polled.clone()));
    let words = verdict_of(latest, judged.into(), calm);
    let is_empty = Memo::new(move |_| {
        latest.with(|l| l.value().and_then(|s| s.ranking().ok()).is_some_and(|w| w.top.is_empty()))
    });
    let reason = move || {
        latest.with(|l| l.value().and_then(|s| s.ranking().err()).map(|reason| why(&reason)))
    };
    view! {
        <header class="page-head">
            <h1>"Statements of " {server.to_string()}</h1>
            <Verdict words/>
        </header>
        <Findings judged/>
        <ReadingView latest what="statement statistics">
            {reason}
            {move || is_empty.get().then(|| empty("No statement ended in the last ten minutes."))}
            <Ranking latest texts/>
            {move || latest.with(|l| l.value().and_then(|s| s.ranking().ok().map(|window| facts(s, window))))}
        </ReadingView>
    }
}

/// The verdict without findings: what the statements cost, and which cost most. No state of it is green.
fn calm(statements: &Statements) -> (String, bool) {
    let window = match statements.ranking() {
        Ok(window) => window,
        Err(reason) => return (reason.message(), false),
    };
    let time = window.total.get(Measure::ExecTime);
    let all = format!(
        "{} of execution in {}",
        format::number(time, Unit::Ms),
        format::age(window.covered_ms as f64)
    );
    let first = window.top.iter().find(|entry| entry.key.toplevel);
    let share = first.map(|entry| share(entry.sums.get(Measure::ExecTime), time));
    (
        share.flatten().map_or_else(
            || format!("{all}."),
            |p| {
                format!("{all}; the costliest statement took {}.", format::number(p, Unit::Percent))
            },
        ),
        false,
    )
}

/// Part of a whole, percent; None of nothing.
fn share(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| 100.0 * part / whole)
}

/// How much is explained, what was lost, and what is not recorded at all.
fn facts(statements: &Statements, window: &Window) -> AnyView {
    let integrity = &window.integrity;
    let explained = match integrity.explained_percent() {
        Ok(percent) => format!(
            "{} of the time that sessions spent executing is in these statistics.",
            format::number(percent, Unit::Percent)
        ),
        Err(reason) => format!(
            "What share of the server's work this explains is unknown: {}",
            reason.message()
        ),
    };
    let lost = (integrity.evicted + integrity.vanished > 0).then(|| {
        format!(
            "{} removed because the table was full; what they did since the reading before is lost.",
            format::plural(integrity.evicted.max(integrity.vanished), "entry was", "entries were")
        )
    });
    let hidden = (integrity.hidden > 0).then(|| {
        format!(
            "{} hidden from our role.",
            format::plural(integrity.hidden, "entry is", "entries are")
        )
    });
    let off = statements.settings.untracked().into_iter();
    let off = off.map(|(name, value)| format!("{name} is {value}: what it records is missing."));
    let gaps = window.gaps.iter().map(|gap| {
        let cause = match gap.reason {
            GapReason::Reset => "the statistics were reset or the server recovered from a crash",
            GapReason::Restart => "the server was started without the entries it had",
            GapReason::OtherServer => "the address leads to another server than before",
        };
        format!(
            "Unknown from {} to {} UTC: {cause}.",
            format::time_of_day(gap.from_ms),
            format::time_of_day(gap.to_ms)
        )
    });
    let lines = [Some(explained), lost, hidden].into_iter().flatten().chain(off).chain(gaps);
    let lines = lines.map(|line| view! { <li>{line}</li> }).collect_view();
    view! {
        <section class="panel" aria-labelledby="integrity-title">
            <h2 id="integrity-title">"What these numbers rest on"</h2>
            <ul class="statement-facts">{lines}</ul>
        </section>
    }
    .into_any()
}
