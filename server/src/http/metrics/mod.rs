//! `/metrics`: Prometheus text, under the names people's alert rules already use.
//!
//! Told from the newest readings in memory. What is not known is left out: an alert on absence is
//! right, a zero is not. A stale reading is left out too, and `pg_up` says why.

#[cfg(test)]
pub mod tests;

use std::fmt::Write as _;
use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Extension, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::Engine;
use engine::areas::overview::OverviewArea;
use engine::areas::replication::ReplicationArea;
use engine::areas::vacuum::VacuumArea;
use model::overview::Overview;
use model::reading::Freshness;
use model::replication::Replication;
use model::server::ConnectionState;
use model::{Latest, Permission, ServerSummary, User};
use sha2::{Digest, Sha256};

use super::middleware::authenticate::CurrentUser;
use super::response;
use super::state::AppState;

/// Metrics in the order of their first sample, each with its samples together as the format asks.
#[derive(Default)]
struct Text(Vec<(&'static str, &'static str, &'static str, String)>);

impl Text {
    fn add(&mut self, (name, kind, help): Name, labels: &[(&str, &str)], value: f64) {
        let at = self.0.iter().position(|(known, ..)| *known == name).unwrap_or_else(|| {
            self.0.push((name, kind, help, String::new()));
            self.0.len() - 1
        });
        let Some((.., samples)) = self.0.get_mut(at) else { return };
        let labels: Vec<String> =
            labels.iter().map(|(key, value)| format!("{key}=\"{}\"", escaped(value))).collect();
        let labels =
            if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        // Writing to a string cannot fail.
        let _ = writeln!(samples, "{name}{labels} {value}");
    }

    fn finish(self) -> String {
        let mut text = String::new();
        for (name, kind, help, samples) in self.0 {
            let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{samples}");
        }
        text
    }
}

/// Name, type and help of a metric.
type Name = (&'static str, &'static str, &'static str);

const UP: Name = ("pg_up", "gauge", "Whether the newest reading of the server succeeded.");
const ACTIVITY: Name = ("pg_stat_activity_count", "gauge", "Client sessions by state.");
const MAX_CONNECTIONS: Name =
    ("pg_settings_max_connections", "gauge", "The setting max_connections.");
const COMMIT: Name =
    ("pg_stat_database_xact_commit", "counter", "Transactions committed, all databases.");
const ROLLBACK: Name =
    ("pg_stat_database_xact_rollback", "counter", "Transactions rolled back, all databases.");
const HIT: Name =
    ("pg_stat_database_blks_hit", "counter", "Blocks found in shared buffers, all databases.");
const READ: Name = (
    "pg_stat_database_blks_read",
    "counter",
    "Blocks read from outside shared buffers, all databases.",
);
const LAG_SECONDS: Name = (
    "pg_replication_lag_seconds",
    "gauge",
    "Replay lag: a standby's own, or the worst of a primary's standbys.",
);
const LAG_BYTES: Name = ("pg_replication_lag_bytes", "gauge", "The same in bytes of WAL.");
const AGE: Name =
    ("pg_database_age", "gauge", "Transactions since the oldest unfrozen transaction id.");

/// `GET /metrics`.
pub async fn metrics(
    State(state): State<AppState>,
    Extension(CurrentUser(who)): Extension<CurrentUser>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    let trusted = has_token(&headers, state.0.metrics_token.as_deref()) || is_local(peer, &headers);
    if !trusted && who.is_none() {
        return response::plain_error(
            StatusCode::UNAUTHORIZED,
            "Metrics need a signed-in user, a request from this machine, or the configured metrics_token as bearer token.",
        );
    }
    let mut text = Text::default();
    let sees = |server: &ServerSummary| {
        trusted || who.as_ref().is_some_and(|who: &User| who.may_on(Permission::See, &server.id))
    };
    for server in state.0.engine.servers().iter().filter(|server| sees(server)) {
        of_server(&mut text, &state.0.engine, server);
    }
    of_pgdeck(&mut text, &state).await;
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], text.finish()).into_response()
}

fn of_server(text: &mut Text, engine: &Engine, server: &ServerSummary) {
    let name = server.id.as_str();
    let labels = [("server", name)];
    match server.link {
        ConnectionState::Up => text.add(UP, &labels, 1.0),
        ConnectionState::Lost { .. } => text.add(UP, &labels, 0.0),
        ConnectionState::Connecting => {}
    }
    if let Some(overview) = engine.latest::<OverviewArea>(&server.id).as_ref().and_then(fresh) {
        of_overview(text, name, overview);
    }
    if let Some(replication) = engine.latest::<ReplicationArea>(&server.id).as_ref().and_then(fresh)
    {
        of_replication(text, name, replication);
    }
    let vacuum = engine.latest::<VacuumArea>(&server.id);
    for database in vacuum.as_ref().and_then(fresh).iter().flat_map(|vacuum| &vacuum.databases) {
        let labels = [("server", name), ("datname", database.datname.as_str())];
        text.add(AGE, &labels, database.xid_age as f64);
    }
}

/// The value, unless it is stale.
fn fresh<T>(latest: &Latest<T>) -> Option<&T> {
    matches!(latest.freshness(latest.now_ms), Freshness::Fresh).then(|| latest.value()).flatten()
}

fn of_overview(text: &mut Text, server: &str, overview: &Overview) {
    let labels = [("server", server)];
    if let Ok(sessions) = &overview.sessions {
        // Sessions hidden from us are in no state we know: the sum stays right without guessing.
        let states = [
            ("active", sessions.active),
            ("idle", sessions.idle),
            ("idle in transaction", sessions.idle_in_transaction),
        ];
        let other = sessions.connections - states.iter().map(|(_, count)| count).sum::<i64>();
        for (state, count) in states.into_iter().chain((other > 0).then_some(("unknown", other))) {
            text.add(ACTIVITY, &[("server", server), ("state", state)], count as f64);
        }
        text.add(MAX_CONNECTIONS, &labels, sessions.max_connections as f64);
    }
    if let Ok(counters) = &overview.counters {
        text.add(COMMIT, &labels, counters.xact_commit as f64);
        text.add(ROLLBACK, &labels, counters.xact_rollback as f64);
        text.add(HIT, &labels, counters.blks_hit as f64);
        text.add(READ, &labels, counters.blks_read as f64);
    }
}

fn of_replication(text: &mut Text, server: &str, replication: &Replication) {
    let labels = [("server", server)];
    if let Some(newest) = replication.history.last() {
        if let Some(ms) = newest.ms {
            text.add(LAG_SECONDS, &labels, ms / 1_000.0);
        }
        if let Some(bytes) = newest.bytes {
            text.add(LAG_BYTES, &labels, bytes as f64);
        }
    }
}

async fn of_pgdeck(text: &mut Text, state: &AppState) {
    let cost = state.own_cost();
    text.add(
        ("pgdeck_uptime_seconds", "gauge", "Time since pgdeck started."),
        &[],
        cost.uptime_s.round(),
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
    if let Some(sessions) = state.0.auth.sessions().await {
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
            ("pgdeck_waited_ms_total", "counter", "Time waited for the server's answers."),
            &labels,
            server.waited_ms.round(),
        );
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// A request of this machine that no proxy has passed on.
fn is_local(peer: SocketAddr, headers: &HeaderMap) -> bool {
    let passed_on = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];
    peer.ip().is_loopback() && !passed_on.iter().any(|name| headers.contains_key(*name))
}

/// Hashes are compared, so the time taken tells nothing about the token.
fn has_token(headers: &HeaderMap, token: Option<&str>) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| value.strip_prefix("Bearer "));
    match (given, token) {
        (Some(given), Some(token)) => Sha256::digest(given) == Sha256::digest(token),
        _ => false,
    }
}
