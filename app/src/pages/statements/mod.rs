//! Statements page: what statements did over a window by `pg_stat_statements`, ranked, compared with another
//! window, and how much of the server's work that explains. Filters, order and paging are the server's work:
//! the browser gets one page of rows.

mod controls;
mod pager;
mod regressions;
mod table;

use leptos::prelude::*;
use model::statements::{Measure, Question, Ranking, Statements};
use model::{ApiError, AreaName, Known, Latest, ServerId, Unit};
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
use crate::ui::window_facts::facts;
use crate::ui::{statement_links, window_facts};

/// Polling interval of the ranking, ms: as often as the area is read.
const EVERY_MS: u64 = 10_000;

/// The page's data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatementsView {
    latest: Latest<Statements>,
    judged: Judged,
    ranking: Known<Ranking>,
}

access! { "/api/ranking" OnServer(See) }

/// The ranking that the address asks for. The newest reading comes with it for its state and its settings.
#[server(prefix = "/api", endpoint = "ranking", input = model::wire::Json, output = model::wire::Json)]
pub async fn read_ranking(
    server: ServerId,
    question: Question,
) -> Result<StatementsView, ApiError> {
    use crate::auth;
    use engine::areas::statements::{StatementsArea, ranking};
    let user = auth::require(model::Permission::See, Some(&server))?;
    let engine = auth::engine()?;
    let sees_text = user.sees_query_text(&server);
    let found = ranking::rank(&engine, &server, &question, sees_text).await;
    let ranking = found.map_err(|incident| ApiError::Internal { incident })?;
    let ranking = ranking.ok_or(ApiError::NotFound)?;
    let latest = engine.latest_as::<StatementsArea, _>(&server, |value| value.without_entries());
    let latest = latest.ok_or(ApiError::NotFound)?;
    let judged = live::findings::judged(&engine, &server, "statements");
    Ok(StatementsView { latest, judged, ranking })
}

/// The page's icon: path data in a box of 20 × 20.
pub const ICON: &str = "M3 5h14M3 10h9M3 15h5";

/// The page component.
#[component]
pub fn Page() -> impl IntoView {
    let server = server_param();
    let question = statement_links::from_url();
    let start =
        loaded(move || server.get(), move |server| read_ranking(server, question.get_untracked()));
    page("statements", start, move |start| {
        view! { <Body server=server.get_untracked() question start/> }.into_any()
    })
}

#[component]
fn Body(server: ServerId, question: Memo<Question>, start: StatementsView) -> impl IntoView {
    let (latest, sink) = live::live_signal(AreaName::Statements, start.latest);
    live::open_stream(server.clone(), vec![sink]);
    let judged = RwSignal::new(start.judged);
    poll_findings(server.clone(), "statements", judged);
    let ranking = RwSignal::new(start.ranking);
    follow(server.clone(), question, ranking);
    // The verdict is on the last minutes unless a window of the past is shown.
    let of_now = verdict_of(latest, judged.into(), |_| (String::new(), false));
    let words = Signal::derive(move || {
        let (message, tone) = of_now.get();
        let calm = message.is_empty().then(|| ranking.with(calm));
        (calm.unwrap_or(message), tone)
    });
    let (shown_server, changed_server, facts_of) = (server.clone(), server.clone(), latest);
    let to_suggestions = statement_links::to_suggestions(server.clone(), question);
    view! {
        <header class="page-head">
            <h1>"Statements of " {server.to_string()}</h1>
            <Verdict words/>
            <p><a href=to_suggestions>"Indexes that they ask for"</a></p>
        </header>
        <Findings judged/>
        <controls::Controls server=server.clone() question ranking/>
        <ReadingView latest what="statement statistics">
            {move || ranking.with(|ranking| ranking.as_ref().err().map(why))}
        </ReadingView>
        {move || ranking.with(|ranking| ranking.as_ref().ok().map(notes))}
        <table::Rows server=shown_server question ranking/>
        <regressions::RegressionsPanel server=changed_server latest/>
        {move || ranking.with(|ranking| ranking.as_ref().ok().map(|ranking| {
            let off = facts_of.with(|l| l.value().map(untracked).unwrap_or_default());
            facts(&ranking.facts, off)
        }))}
    }
}

/// The settings that keep something from being recorded, as sentences.
fn untracked(statements: &Statements) -> Vec<String> {
    let off = statements.settings.untracked().into_iter();
    off.map(|(name, value)| format!("{name} is {value}: what it records is missing.")).collect()
}

/// What of the address was not understood, what is compared, and that there is nothing.
fn notes(ranking: &Ranking) -> AnyView {
    let alerts = ranking.notes.iter().cloned();
    let alerts =
        alerts.map(|note| view! { <p class="note" role="alert">{note}</p> }).collect_view();
    let compared = ranking.compared.as_ref().map(|compared| match compared {
        Ok(compared) => {
            let window = window_facts::window(&compared.facts);
            let scale = ((compared.scale - 1.0).abs() > 0.01).then(|| {
                format!(
                    " It was read for another time, so its sums are multiplied by {}.",
                    format::number(compared.scale, Unit::Count)
                )
            });
            view! { <p class="note">"Compared with " {window} "." {scale}</p> }.into_any()
        }
        Err(reason) => {
            view! { <p class="note">"Nothing is compared. " {reason.message()}</p> }.into_any()
        }
    });
    let none = (ranking.matching == 0).then(|| match ranking.statements {
        0 if ranking.is_live => empty("No statement ended in the last ten minutes."),
        0 => empty("No statement of this time is known."),
        _ => empty("No statement matches the filter."),
    });
    view! { {alerts} {compared} {none} }.into_any()
}

/// The verdict without findings: what the statements cost, and which cost most. No state of it is green.
fn calm(ranking: &Known<Ranking>) -> String {
    let ranking = match ranking {
        Ok(ranking) => ranking,
        Err(reason) => return reason.message(),
    };
    let time = ranking.facts.total.get(Measure::ExecTime);
    let all = format!(
        "{} of execution in {}",
        format::number(time, Unit::Ms),
        format::age(ranking.facts.read_ms as f64)
    );
    format!("{all}, {}.", format::plural(ranking.statements as i64, "statement", "statements"))
}

/// Asks anew when the question changes, and as often as the area is read where the window moves.
fn follow(server: ServerId, question: Memo<Question>, ranking: RwSignal<Known<Ranking>>) {
    let ask = move |wanted: Question| {
        let server = server.clone();
        leptos::task::spawn_local(async move {
            let answer = read_ranking(server, wanted.clone()).await;
            if let Ok(new) = answer
                // Another question may have been asked meanwhile, or the page left.
                && question.try_get_untracked().as_ref() == Some(&wanted)
                && ranking.try_with_untracked(|old| *old != new.ranking).unwrap_or(false)
            {
                ranking.set(new.ranking);
            }
        });
    };
    let asked = ask.clone();
    Effect::new(move |before: Option<Question>| {
        let now = question.get();
        if before.is_some_and(|before| before != now) {
            asked(now.clone());
        }
        now
    });
    live::every(EVERY_MS, move || {
        let now = question.try_get_untracked();
        if let Some(now) = now.filter(|now| now.to.is_empty()) {
            ask(now);
        }
    });
}
