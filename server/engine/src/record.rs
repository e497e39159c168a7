//! Samples a server twice and writes a recording or a report: `pgdeck record` and `pgdeck check`.

use std::sync::Arc;
use std::time::Duration;

use model::{Finding, NotChecked, Reason, ServerSummary};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::areas::{self, Histories, Readings};
use crate::capability;
use crate::clock::now_ms;
use crate::connection::Observer;
use crate::isolated::Isolated;
use crate::rule::Limits;
use crate::server::{ServerConfig, WatchedServer, held};
use crate::store::Tick;

/// The version of the file format.
pub(crate) const FORMAT: u32 = 1;
/// The pause between the two readings that rates need.
const BETWEEN_READINGS: Duration = Duration::from_secs(2);
/// The longest that both take: each query of ours may use up its `statement_timeout` once.
const LOOK_TIMEOUT: Duration = Duration::from_secs(120);

/// Readings in a file, to be shown without access to the server.
#[derive(Clone, Serialize, Deserialize)]
pub struct Recording {
    /// The version of the file format.
    pub format: u32,
    /// The servers with their readings.
    pub servers: Vec<(ServerSummary, Readings)>,
    /// What of the servers is kept in memory, in the same order; empty where they were looked at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub histories: Vec<Histories>,
}

impl Recording {
    /// From the first reading to the last, ms since the epoch.
    pub(crate) fn span(&self) -> (i64, i64) {
        let times = self.servers.iter().flat_map(|(_, readings)| readings.times());
        let times = times.filter(|at_ms| *at_ms > 0);
        let span = times.map(|at_ms| (at_ms, at_ms));
        span.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).unwrap_or_else(|| (now_ms(), now_ms()))
    }
}

/// What all rules say of one server: the output of `pgdeck check --json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Its name.
    pub server: String,
    /// Its major version, where it could be read.
    pub major: Option<u16>,
    /// Findings, worst first.
    pub findings: Vec<Finding>,
    /// Rules that could not be run.
    pub not_checked: Vec<NotChecked>,
}

/// Reads every area twice and keeps the readings.
pub async fn record(server: ServerConfig) -> Result<Recording, Reason> {
    let watched = look(server, Limits::default(), LOOK_TIMEOUT).await?;
    let servers = vec![(watched.summary(), watched.store.readings())];
    Ok(Recording { format: FORMAT, servers, histories: Vec::new() })
}

/// Reads every area twice and runs all rules.
pub async fn check(server: ServerConfig, limits: Limits) -> Result<Report, Reason> {
    check_within(server, limits, LOOK_TIMEOUT).await
}

/// The same, given up after `within`.
pub async fn check_within(
    server: ServerConfig,
    limits: Limits,
    within: Duration,
) -> Result<Report, Reason> {
    let watched = look(server, limits, within).await?;
    let (findings, not_checked) = watched.store.findings(None);
    Ok(Report {
        server: watched.id.to_string(),
        major: watched.facts().map(|facts| facts.major),
        findings,
        not_checked,
    })
}

/// On a thread of its own: a server that sends without a pause holds that one, and we give up.
async fn look(
    server: ServerConfig,
    limits: Limits,
    within: Duration,
) -> Result<WatchedServer, Reason> {
    let (tell, told) = oneshot::channel();
    let broken = || Reason::Broken { what: "Reading this server".into() };
    let thread = Isolated::start(|_| async move {
        // After the deadline nobody listens.
        let _ = tell.send(read_twice(server, limits).await);
    });
    let _thread = thread.map_err(|error| {
        tracing::error!(%error, "no thread to read on");
        broken()
    })?;
    match timeout(within, told).await {
        Ok(answer) => answer.unwrap_or_else(|_| Err(broken())),
        Err(_) => Err(held(within)),
    }
}

async fn read_twice(server: ServerConfig, limits: Limits) -> Result<WatchedServer, Reason> {
    let watched = WatchedServer::new(&server, None);
    let overhead = Arc::clone(&watched.overhead);
    let mut observer = Observer::open(&server.dsn, &watched.budget, Arc::clone(&overhead)).await?;
    let facts = capability::read(&mut observer).await??;
    watched.set_facts(facts.clone());
    if let Some(reason) = capability::unsupported(facts.major) {
        return Err(reason);
    }
    for round in 0..2 {
        if round > 0 {
            tokio::time::sleep(BETWEEN_READINGS).await;
        }
        for area in areas::ALL {
            let tick = Tick {
                observer: &mut observer,
                facts: &facts,
                server: watched.id.as_str(),
                recorder: None,
                past: None,
                planner: None,
                limits: &limits,
                overhead: &overhead,
                now_ms: now_ms(),
                skipped: 0,
            };
            watched.store.tick(area.name, tick).await?;
        }
    }
    watched.set_link(model::server::ConnectionState::Up);
    Ok(watched)
}
