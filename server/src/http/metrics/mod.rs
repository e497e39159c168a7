//! `GET /metrics` for Prometheus: authorisation of the scraper, and the metrics of the process itself.
//! Those of the watched servers come from the areas (`engine::metrics`).

#[cfg(test)]
pub mod tests;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::PoisonError;

use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::Engine;
use engine::metrics::{Metrics, Name};
use model::server::ConnectionState;
use model::{Finding, NotChecked, Permission, ServerSummary, User};
use sha2::{Digest, Sha256};

use super::middleware::authenticate::CurrentUser;
use super::response;
use super::state::AppState;

const UP: Name = ("pg_up", "gauge", "Whether the newest reading of the server succeeded.");
const FINDINGS: Name = ("pgdeck_findings", "gauge", "Open findings by rule and severity.");
const NOT_CHECKED: Name = (
    "pgdeck_rules_not_checked",
    "gauge",
    "Rules that may have missed something because their evidence is unknown.",
);

const AREA_READINGS: Name = ("pgdeck_area_readings_total", "counter", "Readings of the area.");
const AREA_SECONDS: Name =
    ("pgdeck_area_seconds_total", "counter", "Time from asking for the area to its decoded rows.");

/// `GET /metrics`.
pub async fn metrics(
    State(state): State<AppState>,
    CurrentUser(user): CurrentUser,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    let trusted = has_token(&state, &headers) || is_local(peer, &headers);
    if !trusted && user.is_none() {
        return response::plain_error(
            StatusCode::UNAUTHORIZED,
            "Metrics need a signed-in user, a request from this machine, or the configured metrics_token as bearer token.",
        );
    }
    let mut text = Metrics::default();
    let may_see = |server: &ServerSummary| {
        trusted || user.as_ref().is_some_and(|user: &User| user.may_on(Permission::See, &server.id))
    };
    for server in state.0.engine.servers().iter().filter(|server| may_see(server)) {
        server_metrics(&mut text, &state.0.engine, server);
    }
    process_metrics(&mut text, &state).await;
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], text.finish()).into_response()
}

fn server_metrics(text: &mut Metrics, engine: &Engine, server: &ServerSummary) {
    let name = server.id.as_str();
    let labels = [("server", name)];
    match server.link {
        ConnectionState::Up => text.add(UP, &labels, 1.0),
        ConnectionState::Lost { .. } => text.add(UP, &labels, 0.0),
        ConnectionState::Connecting => {}
    }
    engine.metrics(&server.id, text);
    // Findings on a server that is lost are those of its last reading: unknown, not true now.
    if server.link == ConnectionState::Up {
        judgement(text, name, &engine.findings(&server.id));
    }
}

/// What the rules say. A rule without a finding has no sample.
fn judgement(text: &mut Metrics, server: &str, all: &(Vec<Finding>, Vec<NotChecked>)) {
    let (findings, not_checked) = all;
    let mut counts: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    // Findings with one root are folded; for an alert each of them counts.
    for finding in findings.iter().flat_map(|first| std::iter::once(first).chain(&first.same_root))
    {
        *counts.entry((&finding.rule, finding.severity.as_str())).or_default() += 1;
    }
    for ((rule, severity), count) in counts {
        let labels = [("server", server), ("rule", rule), ("severity", severity)];
        text.add(FINDINGS, &labels, f64::from(count));
    }
    for missed in not_checked.iter().filter(|missed| missed.reason.is_blind()) {
        text.add(NOT_CHECKED, &[("server", server), ("rule", &missed.rule)], 1.0);
    }
}

async fn process_metrics(text: &mut Metrics, state: &AppState) {
    let cost = state.own_cost();
    text.add(
        ("pgdeck_build_info", "gauge", "The version of pgdeck."),
        &[("version", &cost.version)],
        1.0,
    );
    text.add(
        ("pgdeck_start_time_seconds", "gauge", "When pgdeck started, since the epoch."),
        &[],
        state.0.started_ms as f64 / 1_000.0,
    );
    text.add(("pgdeck_viewers", "gauge", "Open event streams."), &[], cost.viewers as f64);
    text.add(
        ("pgdeck_sent_bytes_total", "counter", "Bytes of readings sent to viewers."),
        &[],
        cost.sent_bytes as f64,
    );
    if let Some(bytes) = cost.resident_bytes {
        text.add(
            ("pgdeck_resident_bytes", "gauge", "Resident memory of pgdeck."),
            &[],
            bytes as f64,
        );
    }
    if let Some(sessions) = state.0.auth.session_count().await {
        text.add(
            ("pgdeck_signed_in", "gauge", "Sessions of signed-in people."),
            &[],
            sessions as f64,
        );
    }
    for server in &cost.servers {
        let labels = [("server", server.server.as_str())];
        text.add(
            ("pgdeck_server_sessions", "gauge", "Sessions pgdeck holds on the server."),
            &labels,
            f64::from(server.sessions),
        );
        text.add(
            ("pgdeck_round_trips_total", "counter", "Round trips to the server."),
            &labels,
            server.round_trips as f64,
        );
        text.add(
            ("pgdeck_waited_seconds_total", "counter", "Time waited for the server's answers."),
            &labels,
            server.waited_ms / 1_000.0,
        );
        for area in &server.areas {
            let labels = [("server", server.server.as_str()), ("area", &area.area)];
            text.add(AREA_READINGS, &labels, area.ticks as f64);
            text.add(AREA_SECONDS, &labels, area.waited_ms / 1_000.0);
        }
    }
}

/// A request from loopback that no reverse proxy has forwarded.
fn is_local(peer: SocketAddr, headers: &HeaderMap) -> bool {
    let forwarded = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];
    peer.ip().is_loopback() && !forwarded.iter().any(|name| headers.contains_key(*name))
}

/// Whether a request holds the configured bearer token.
pub fn has_token(state: &AppState, headers: &HeaderMap) -> bool {
    let tokens = state.0.tokens.read().unwrap_or_else(PoisonError::into_inner);
    is_token(headers, tokens.metrics.as_deref())
}

/// Verifies the bearer token. Compares hashes, so timing reveals nothing about it.
pub fn is_token(headers: &HeaderMap, token: Option<&str>) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| value.strip_prefix("Bearer "));
    match (given, token) {
        (Some(given), Some(token)) => Sha256::digest(given) == Sha256::digest(token),
        _ => false,
    }
}
