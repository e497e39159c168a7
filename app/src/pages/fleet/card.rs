//! One server as a card: state, findings, headline numbers.

use leptos::prelude::*;
use model::server::{ConnectionState, Facts};
use model::{ServerId, ServerSummary, Severity, Unit};

use super::past::FleetPast;
use crate::links;
use crate::live::Live;
use crate::live::range::carried;
use crate::shell::navigation::Nav;
use crate::ui::bar::Bar;
use crate::ui::findings::badge;
use crate::ui::format;
use crate::ui::number::Number;
use crate::ui::sparkline::Sparkline;

/// The card.
#[component]
pub fn Card(
    /// The navigation data, which has the numbers.
    nav: Nav,
    /// The past of all servers, where a range of it is shown.
    past: RwSignal<FleetPast>,
    /// The server.
    id: ServerId,
) -> impl IntoView {
    let (to, range) = (links::overview(&id), carried());
    let name = id.to_string();
    let server = {
        let id = id.clone();
        Memo::new(move |_| nav.latest.with(|latest| latest.server(&id).cloned()))
    };
    let number = move |pick: fn(&ServerSummary) -> Option<f64>| {
        Signal::derive(move || server.with(|s| s.as_ref().and_then(pick)))
    };
    let class = move || {
        let (lost, worst) = server.with(|s| {
            s.as_ref().map_or((false, None), |s| {
                (matches!(s.link, ConnectionState::Lost { .. }), s.worst)
            })
        });
        match (lost, worst) {
            (true, _) => "card critical",
            (_, Some((Severity::Critical, _))) => "card critical",
            (_, Some((Severity::Warning, _))) => "card warning",
            _ => "card",
        }
    };
    // A server that does not answer has no numbers; a row of "unknown" would say nothing.
    let is_up = Memo::new(move |_| {
        server.with(|s| s.as_ref().is_some_and(|s| s.link == ConnectionState::Up))
    });
    let used = number(|s| {
        Some(
            s.headline.connections? as f64
                / s.headline.max_connections.filter(|max| *max > 0)? as f64
                * 100.0,
        )
    });
    let spark = Signal::derive(move || {
        let then = past.with(|past| past.get(&id.to_string()).cloned());
        let now = || server.with(|s| s.as_ref().map(|s| s.headline.transactions_spark.clone()));
        then.or_else(now).unwrap_or_default()
    });
    view! {
        <li class=class>
            <div class="card-head">
                <h2><a href=move || format!("{to}{}", range.get()) data-row="">{name}</a></h2>
                {move || server.with(|s| s.as_ref().and_then(|s| badge(s.worst)))}
            </div>
            {move || server.with(|s| s.as_ref().map(identity))}
            {move || is_up.get().then(|| view! { <dl class="numbers">
                <div class="wide">
                    <dt>"Transactions per second"</dt>
                    <dd><Number value=number(|s| s.headline.transactions_per_s) unit=Unit::PerSecond/><Sparkline values=spark/></dd>
                </div>
                <div>
                    <dt>"Connections"</dt>
                    <dd>
                        <Number value=number(|s| s.headline.connections.map(|n| n as f64)) unit=Unit::Count/>
                        <span class="muted">
                            " of " <Number value=number(|s| s.headline.max_connections.map(|n| n as f64)) unit=Unit::Count/>
                        </span>
                        <Bar percent=used warn_above=80.0/>
                    </dd>
                </div>
                <div>
                    <dt>"Active"</dt>
                    <dd><Number value=number(|s| s.headline.active.map(|n| n as f64)) unit=Unit::Count/></dd>
                </div>
                <div>
                    <dt>"Waiting for a lock"</dt>
                    <dd><Number value=number(|s| s.headline.waiting_for_lock.map(|n| n as f64)) unit=Unit::Count/></dd>
                </div>
                <div>
                    <dt>"Cache hits"</dt>
                    <dd><Number value=number(|s| s.headline.cache_hit_percent) unit=Unit::Percent/></dd>
                </div>
                {move || server.with(|s| s.as_ref().and_then(lag))}
            </dl> })}
        </li>
    }
}

/// Lag is shown where there is replication only.
fn lag(server: &ServerSummary) -> Option<AnyView> {
    let (bytes, ms) = (server.headline.lag_bytes, server.headline.lag_ms);
    (bytes.is_some() || ms.is_some()).then(|| {
        view! {
            <div>
                <dt>"Replication lag"</dt>
                <dd>
                    <Number value=Signal::stored(ms) unit=Unit::Ms/>
                    <span class="muted">", " <Number value=Signal::stored(bytes.map(|b| b as f64)) unit=Unit::Bytes/></span>
                </dd>
            </div>
        }
        .into_any()
    })
}

/// State, kind, version, address and labels.
fn identity(server: &ServerSummary) -> AnyView {
    let live = Live::get();
    let state = match &server.link {
        ConnectionState::Up => view! { <span class="state fine">"Up"</span> }.into_any(),
        ConnectionState::Connecting => view! { <span class="state">"Connecting"</span> }.into_any(),
        ConnectionState::Lost { since_ms, reason } => {
            let since = *since_ms;
            view! {
                <span class="state critical">
                    "Unreachable for " {move || format::age((live.now_ms.get() - since) as f64)} ". "
                </span>
                <span>{reason.message()} " " {reason.remedy()}</span>
            }
            .into_any()
        }
    };
    let what = server.facts.as_ref().map(kind_and_version);
    let labels = server
        .labels
        .iter()
        .map(
            |(name, value)| view! { <span class="label">{name.clone()} "=" {value.clone()}</span> },
        )
        .collect_view();
    view! {
        <p class="identity">{state} " " {what} " " <span class="muted">{server.address.clone()}</span> " " {labels}</p>
    }
    .into_any()
}

/// `primary, PostgreSQL 17.10`.
pub fn kind_and_version(facts: &Facts) -> String {
    let through = if facts.through_pooler { " through a pooler" } else { "" };
    format!("{}{through}, PostgreSQL {}", facts.kind(), facts.version)
}
