//! Fleet page: all servers, those with problems first. Renders the data of the navigation.

use leptos::prelude::*;
use model::ranking::by_harm;
use model::server::{ConnectionState, Facts};
use model::{ServerId, ServerSummary, Severity, Unit};

use crate::links;
use crate::live::Live;
use crate::shell::navigation::Nav;
use crate::ui::bar::Bar;
use crate::ui::findings::badge;
use crate::ui::format;
use crate::ui::keyed::keyed;
use crate::ui::number::Number;
use crate::ui::reading::{api_error, empty, loading};
use crate::ui::sparkline::Sparkline;
use crate::ui::verdict::{Tone, Verdict, Words};

/// The page's icon: path data in a box of 20 × 20.
pub const ICON: &str = "M3 4h14v4H3zM3 12h14v4H3zM6 6h1M6 14h1";

/// The page component.
#[component]
pub fn Page() -> impl IntoView {
    let nav = use_context::<Nav>();
    view! {
        <Transition fallback=|| loading("servers")>
            {move || Suspend::new(async move {
                let Some(nav) = nav else { return ().into_any() };
                match nav.ready().await {
                    Ok(()) => view! { <Servers nav/> }.into_any(),
                    Err(error) => api_error(&error),
                }
            })}
        </Transition>
    }
}

#[component]
fn Servers(nav: Nav) -> impl IntoView {
    let ids = Memo::new(move |_| {
        nav.latest
            .with(|latest| latest.servers.iter().map(|s| s.id.to_string()).collect::<Vec<_>>())
    });
    let words = Memo::new(move |_| nav.latest.with(|latest| words(&latest.servers)));
    view! {
        <header class="page-head">
            <h1>"Fleet"</h1>
            <Verdict words/>
        </header>
        {move || {
            ids.with(Vec::is_empty)
                .then(|| empty("No server is being watched. Start pgdeck with a connection string, or add [[servers]] to pgdeck.toml."))
        }}
        <ul class="fleet">
            {keyed(move || ids.get(), move |id| view! { <Card nav id=ServerId::new(id)/> }.into_any())}
        </ul>
    }
}

/// All counts together, and the finding to act on first with its server.
fn words(servers: &[ServerSummary]) -> Words {
    let lost: Vec<&str> = servers
        .iter()
        .filter(|s| matches!(s.link, ConnectionState::Lost { .. }))
        .map(|s| s.id.as_str())
        .collect();
    let worst = |severity| servers.iter().filter(move |s| s.worst.is_some_and(|w| w.0 == severity));
    let (critical, warning) = (worst(Severity::Critical).count(), worst(Severity::Warning).count());
    let blind = servers.iter().filter(|s| s.blind > 0 || s.link == ConnectionState::Connecting);
    let blind = blind.filter(|s| !lost.contains(&s.id.as_str())).count();
    let watched = format::plural(servers.len() as i64, "server", "servers");
    let mut counts = Vec::new();
    let mut count = |n: usize, what: &str| {
        if n > 0 {
            counts.push(format!("{n} {what}"));
        }
    };
    count(critical, "critical");
    count(warning, "with warnings");
    count(lost.len(), "unreachable");
    count(blind, "not fully checked");
    if counts.is_empty() {
        return (format!("{watched}, all checked, no open warnings."), Tone::Fine);
    }
    let mut message = format!("{watched}: {}.", counts.join(", "));
    let first = servers.iter().filter_map(|s| Some((s, s.first.as_ref()?)));
    let first = first.filter(|(_, first)| first.severity > Severity::Info);
    let first = first.min_by(|(_, a), (_, b)| by_harm((a.severity, a.harm), (b.severity, b.harm)));
    if let Some((server, first)) = first {
        let severity = first.severity.title();
        message.push_str(&format!(" {severity} on {}: {}", server.id, first.message));
    } else if let Some((first, others)) = lost.split_first() {
        let others = match others.len() {
            0 => String::new(),
            n => format!(" and {n} more"),
        };
        message.push_str(&format!(" No answer from {first}{others}."));
    }
    let tone = match (critical + lost.len(), warning) {
        (0, 0) => Tone::Unknown,
        (0, _) => Tone::Found(Severity::Warning),
        _ => Tone::Found(Severity::Critical),
    };
    (message, tone)
}

#[component]
fn Card(nav: Nav, id: ServerId) -> impl IntoView {
    let to = links::overview(&id);
    let name = id.to_string();
    let server = Memo::new(move |_| nav.latest.with(|latest| latest.server(&id).cloned()));
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
    let used = number(|s| {
        Some(
            s.headline.connections? as f64
                / s.headline.max_connections.filter(|max| *max > 0)? as f64
                * 100.0,
        )
    });
    let spark = Signal::derive(move || {
        server
            .with(|s| s.as_ref().map(|s| s.headline.transactions_spark.clone()).unwrap_or_default())
    });
    view! {
        <li class=class>
            <div class="card-head">
                <h2><a href=to data-row="">{name}</a></h2>
                {move || server.with(|s| s.as_ref().and_then(|s| badge(s.worst)))}
            </div>
            {move || server.with(|s| s.as_ref().map(identity))}
            <dl class="numbers">
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
            </dl>
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
                    "No answer for " {move || format::age((live.now_ms.get() - since) as f64)} ". "
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

fn kind_and_version(facts: &Facts) -> String {
    let through = if facts.through_pooler { " through a pooler" } else { "" };
    format!("{}{through}, PostgreSQL {}", facts.kind(), facts.version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Reason, server::Headline};

    fn server(
        name: &str,
        link: ConnectionState,
        worst: Option<(Severity, usize)>,
    ) -> ServerSummary {
        ServerSummary {
            id: ServerId::new(name),
            labels: vec![],
            address: String::new(),
            link,
            facts: None,
            worst,
            headline: Headline::default(),
        }
    }

    #[test]
    fn a_lost_server_is_named_first() {
        let lost = ConnectionState::Lost { since_ms: 0, reason: Reason::NotYet };
        let servers = [
            server("shop", lost, None),
            server("b", ConnectionState::Up, Some((Severity::Warning, 2))),
        ];
        assert_eq!(words(&servers), "shop does not answer.");
        assert_eq!(words(&servers[1..]), "1 server is watched, 1 with open warnings.");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::server::{FirstFinding, Headline};
    use model::{Harm, Reason};

    fn server(name: &str, first: Option<(Severity, Harm)>, blind: usize) -> ServerSummary {
        ServerSummary {
            id: ServerId::new(name),
            labels: vec![],
            address: String::new(),
            link: ConnectionState::Up,
            facts: None,
            worst: first.map(|(severity, _)| (severity, 1)),
            first: first.map(|(severity, harm)| FirstFinding {
                severity,
                harm,
                message: format!("{name} hurts."),
            }),
            blind,
            headline: Headline::default(),
        }
    }

    #[test]
    fn the_verdict_counts_critical_warning_unreachable_and_blind_together() {
        let hurts = |seconds| Harm::Hurts { sessions: 3, seconds };
        let mut gone = server("gone", None, 12);
        gone.link = ConnectionState::Lost { since_ms: 0, reason: Reason::NotYet };
        let all = [
            gone,
            server("disk", Some((Severity::Critical, Harm::Risk { due_s: None })), 0),
            server("shop", Some((Severity::Warning, hurts(90.0))), 0),
            server("mute", None, 4),
            server("calm", None, 0),
        ];
        let (message, tone) = words(&all);
        assert_eq!(
            message,
            "5 servers: 1 critical, 1 with warnings, 1 unreachable, 1 not fully checked. Warning on shop: shop hurts."
        );
        assert_eq!(tone, Tone::Found(Severity::Critical));
    }

    #[test]
    fn green_only_when_every_server_was_fully_checked() {
        assert_eq!(words(&[server("calm", None, 0)]).1, Tone::Fine);
        assert_eq!(words(&[server("mute", None, 1)]).1, Tone::Unknown);
        let mut new = server("new", None, 0);
        new.link = ConnectionState::Connecting;
        assert_eq!(words(&[new]).1, Tone::Unknown);
    }
}
