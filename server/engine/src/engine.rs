//! `Engine`: the watched servers, answered from memory. A page never waits on PostgreSQL here; only
//! samplers, EXPLAIN and actions do.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use history::History;
use model::overhead::ServerCost;
use model::server::Facts;
use model::{
    AreaName, Finding, Latest, NotChecked, Reading, Reason, RuleEntry, ServerId, ServerSummary,
};
use tokio::sync::{Mutex, watch};

use crate::areas::{Listed, Readings};
use crate::clock::now_ms;
use crate::explain::registry::Runs;
use crate::generated::Generated;
use crate::isolated::{self, Isolated};
use crate::metrics::Metrics;
use crate::record::Recording;
use crate::rule::Limits;
use crate::server::{ServerConfig, WatchedServer};
use crate::store::Frame;
use crate::{rules, sampler};

/// The servers we watch. Cheap to clone.
#[derive(Clone)]
pub struct Engine(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) servers: RwLock<Arc<[Arc<WatchedServer>]>>,
    pub(crate) limits: RwLock<Arc<Limits>>,
    runs: Arc<Runs>,
    /// Held while the servers change.
    pub(crate) samplers: Mutex<HashMap<ServerId, Isolated>>,
    past: Option<History>,
    /// From when to when, ms since the epoch, where a recording is shown.
    recording: Option<(i64, i64)>,
    generated: Generated,
}

impl Engine {
    /// Watches the servers, each on a thread of its own, and keeps no history of them.
    pub fn start(servers: Vec<ServerConfig>, limits: Limits) -> Self {
        Self::start_with(servers, limits, None)
    }

    /// Watches the servers and records their readings in the history store, where there is one.
    pub fn start_with(servers: Vec<ServerConfig>, limits: Limits, past: Option<History>) -> Self {
        let limits = Arc::new(limits);
        let generated = Generated::default();
        if let Some(past) = past.clone() {
            let generated = generated.clone();
            tokio::spawn(async move { generated.look(&past).await });
        }
        let mut samplers = HashMap::with_capacity(servers.len());
        let mut watched = Vec::with_capacity(servers.len());
        for config in servers {
            let server = Arc::new(WatchedServer::new(&config, past.as_ref()));
            samplers.extend(start_sampler(&server, &limits));
            watched.push(server);
        }
        Self(Arc::new(Inner {
            servers: RwLock::new(watched.into()),
            limits: RwLock::new(limits),
            runs: Arc::default(),
            samplers: Mutex::new(samplers),
            past,
            recording: None,
            generated,
        }))
    }

    /// Shows a recording; nothing is sampled.
    pub fn recorded(recording: Recording) -> Self {
        let span = recording.span();
        Self::of_recording(recording, span, None)
    }

    /// Shows a recording of that span, with its past where there is one.
    pub(crate) fn of_recording(
        recording: Recording,
        span: (i64, i64),
        past: Option<History>,
    ) -> Self {
        let mut histories = recording.histories.into_iter();
        let recorded = |(summary, readings)| {
            let server = WatchedServer::recorded(summary, readings);
            server.store.take_histories(histories.next().unwrap_or_default());
            Arc::new(server)
        };
        let servers = recording.servers.into_iter().map(recorded).collect();
        Self(Arc::new(Inner {
            servers: RwLock::new(servers),
            limits: RwLock::default(),
            runs: Arc::default(),
            samplers: Mutex::default(),
            past,
            recording: Some(span),
            generated: Generated::default(),
        }))
    }

    pub(crate) fn server(&self, id: &ServerId) -> Option<Arc<WatchedServer>> {
        self.all_servers().iter().find(|server| server.id == *id).cloned()
    }

    pub(crate) fn all_servers(&self) -> Arc<[Arc<WatchedServer>]> {
        Arc::clone(&self.0.servers.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The EXPLAIN runs under way.
    pub(crate) fn runs(&self) -> &Arc<Runs> {
        &self.0.runs
    }

    /// All servers, in the order of the configuration.
    pub fn servers(&self) -> Vec<ServerSummary> {
        self.all_servers().iter().map(|server| server.summary()).collect()
    }

    /// What a server is, once known.
    pub fn facts(&self, id: &ServerId) -> Option<Facts> {
        self.server(id)?.facts()
    }

    /// The newest reading of an area, with the text of statements; None: there is no such server.
    pub fn latest<A: Listed>(&self, id: &ServerId) -> Option<Latest<A::Value>> {
        self.latest_as::<A, _>(id, Clone::clone)
    }

    /// What somebody makes of the newest reading's value, for areas that have too much to copy for each
    /// request; None: there is no such server.
    pub fn latest_as<A: Listed, T>(
        &self,
        id: &ServerId,
        of: impl FnOnce(&A::Value) -> T,
    ) -> Option<Latest<T>> {
        Some(self.of_latest(&*self.newest::<A>(id)?, of))
    }

    /// What is made of a reading that was looked at before.
    pub(crate) fn of_latest<V, T>(
        &self,
        latest: &Latest<V>,
        of: impl FnOnce(&V) -> T,
    ) -> Latest<T> {
        let reading = latest.reading.as_ref().map(|reading| Reading {
            at_ms: reading.at_ms,
            took_ms: reading.took_ms,
            value: of(&reading.value),
            findings: reading.findings.clone(),
            not_checked: reading.not_checked.clone(),
        });
        let (every_ms, failure) = (latest.every_ms, latest.failure.clone());
        // The clock is that of the moment in which it is handed out.
        Latest { now_ms: self.now_ms(), every_ms, reading, failure }
    }

    /// The newest reading of an area itself, with the clock of the moment in which it was stored.
    pub(crate) fn newest<A: Listed>(&self, id: &ServerId) -> Option<Arc<Latest<A::Value>>> {
        self.server(id).map(|server| server.store.slot::<A>().latest())
    }

    /// Asks for new readings of what is read seldom, within seconds. False: there is no such server.
    pub fn refresh(&self, id: &ServerId) -> bool {
        let server = self.server(id);
        server.inspect(|server| server.refresh.send_replace(())).is_some()
    }

    /// Adds the Prometheus metrics of a server.
    pub fn metrics(&self, id: &ServerId, metrics: &mut Metrics) {
        if let Some(server) = self.server(id) {
            server.store.metrics(now_ms(), id.as_str(), metrics);
        }
    }

    /// A copy of the newest readings of all areas; None: there is no such server.
    pub fn readings(&self, id: &ServerId) -> Option<Readings> {
        self.server(id).map(|server| server.store.readings())
    }

    /// Reads an area's history; None: there is no such server.
    pub fn history<A: Listed, R>(
        &self,
        id: &ServerId,
        read: impl FnOnce(&A::History) -> R,
    ) -> Option<R> {
        self.server(id).map(|server| server.store.slot::<A>().history(read))
    }

    /// Findings of all areas of a server, ranked, with what other watched servers know of their
    /// causes; and the rules not checked.
    pub fn findings(&self, id: &ServerId) -> (Vec<Finding>, Vec<NotChecked>) {
        let judged = self.server(id).map(|server| server.findings());
        let (mut findings, not_checked) = judged.unwrap_or_default();
        self.explain_lag(id, &mut findings);
        self.ask_standbys(id, &mut findings);
        (findings, not_checked)
    }

    /// The frames of one area as they come.
    pub fn subscribe(&self, id: &ServerId, area: AreaName) -> Option<watch::Receiver<Arc<Frame>>> {
        self.server(id)?.store.frames(area)
    }

    /// Every rule with its limits in force.
    pub fn rules(&self) -> Vec<RuleEntry> {
        rules::entries(&self.limits())
    }

    pub(crate) fn limits(&self) -> Arc<Limits> {
        Arc::clone(&self.0.limits.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The limits that the configuration sets for rules on plans.
    pub fn plan_limits(&self) -> Limits {
        self.limits().of_folder("plan")
    }

    /// pgdeck's own load on each server.
    pub fn overhead(&self) -> Vec<ServerCost> {
        let of = |server: &Arc<WatchedServer>| server.overhead.of(&server.id, &server.budget);
        self.all_servers().iter().map(of).collect()
    }

    /// The files of SQL that the areas read servers with, and their text: (name, statement).
    pub fn sql_files(&self) -> Vec<(&'static str, &'static str)> {
        let queries = crate::areas::ALL.iter().flat_map(|area| area.queries);
        queries.flat_map(|query| query.files).map(|file| (file.name, file.statement())).collect()
    }

    /// From when to when, ms since the epoch, where a recording is shown.
    pub fn recording(&self) -> Option<(i64, i64)> {
        self.0.recording
    }

    /// The clock, ms since the epoch: a recording's stands still where it ends.
    pub fn now_ms(&self) -> i64 {
        self.0.recording.map_or_else(now_ms, |(_, to_ms)| to_ms)
    }

    /// The history store; None when nothing is recorded.
    pub fn past(&self) -> Option<&History> {
        self.0.past.as_ref()
    }

    /// Looks again which part of the history is made up, after it was.
    pub async fn look_for_generated(&self) {
        if let Some(past) = self.past() {
            self.0.generated.look(past).await;
        }
    }

    /// Which part of the history is made up, from and to, ms since the epoch; None of what was read.
    pub fn generated(&self) -> Option<(i64, i64)> {
        self.0.generated.get()
    }

    /// Ends all samplers, closes their connections and writes what the history store has not yet written.
    pub async fn stop(&self) {
        let samplers = std::mem::take(&mut *self.0.samplers.lock().await);
        isolated::stop(samplers.into_values().collect()).await;
        if let Some(past) = self.0.past.clone()
            && let Err(error) = past.close().await
        {
            tracing::error!(%error, "the last readings were not recorded");
        }
    }
}

/// Starts the thread that samples a server; None where the system gives none, which is its reason then.
pub(crate) fn start_sampler(
    server: &Arc<WatchedServer>,
    limits: &Arc<Limits>,
) -> Option<(ServerId, Isolated)> {
    let dsn = server.dsn.clone()?;
    let (sampled, limits) = (Arc::clone(server), Arc::clone(limits));
    let thread = Isolated::start(|handle| {
        sampled.serve_on(handle);
        sampler::sample(sampled, dsn, limits)
    });
    match thread {
        Ok(thread) => Some((server.id.clone(), thread)),
        Err(error) => {
            tracing::error!(server = %server.id, %error, "no thread to sample on");
            server.lost(Reason::Broken { what: "Starting a thread for this server".into() });
            None
        }
    }
}
