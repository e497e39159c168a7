//! All that speaks to PostgreSQL: connections, capabilities, areas, rules, readings.
//!
//! A page asks the `Engine` and is answered from memory; only samplers wait on watched servers.

pub mod actions;
pub mod activity;
pub mod areas;
pub mod capability;
pub mod connect;
pub mod costs;
pub mod dsn;
mod error;
pub mod explain;
pub mod locks;
pub mod overview;
pub mod record;
mod redact;
pub mod replication;
pub mod rules;
mod sampler;
pub mod sql;
mod store;
mod transaction;
pub mod vacuum;
mod watched;

use std::sync::Arc;

use model::activity::Activity;
use model::cost::ServerCost;
use model::locks::{Graph, LockHistory, Locks};
use model::overview::Overview;
use model::replication::Replication;
use model::topology::{Topology, topology};
use model::vacuum::Vacuum;
use model::{AreaName, Finding, Latest, NotChecked, RuleEntry, ServerId, ServerSummary};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinSet;

pub use dsn::Dsn;
pub use error::{Error, quoted};
pub use record::{Recording, Report, check, record};
pub use rules::Limits;
pub use store::Frame;
pub use watched::ServerConfig;
use watched::Watched;

/// The servers we watch. Cheap to clone.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    servers: Vec<Arc<Watched>>,
    limits: Arc<Limits>,
    runs: Arc<explain::Runs>,
    samplers: Mutex<JoinSet<()>>,
}

impl Engine {
    /// Watches the servers; must be called on a tokio runtime.
    pub fn start(servers: Vec<ServerConfig>, limits: Limits) -> Self {
        let limits = Arc::new(limits);
        let mut samplers = JoinSet::new();
        let mut watched = Vec::with_capacity(servers.len());
        for config in servers {
            let server = Arc::new(Watched::new(&config));
            samplers.spawn(sampler::sample(Arc::clone(&server), config.dsn, Arc::clone(&limits)));
            watched.push(server);
        }
        Self(Arc::new(Inner {
            servers: watched,
            limits,
            runs: Arc::default(),
            samplers: Mutex::new(samplers),
        }))
    }

    /// Shows a recording; nothing is sampled.
    pub fn recorded(recording: Recording) -> Self {
        let servers = recording
            .servers
            .into_iter()
            .map(|(summary, readings)| Arc::new(Watched::recorded(summary, readings)))
            .collect();
        Self(Arc::new(Inner {
            servers,
            limits: Arc::default(),
            runs: Arc::default(),
            samplers: Mutex::new(JoinSet::new()),
        }))
    }

    fn server(&self, id: &ServerId) -> Option<&Arc<Watched>> {
        self.0.servers.iter().find(|server| server.id == *id)
    }

    /// All servers, in the order of the configuration.
    pub fn servers(&self) -> Vec<ServerSummary> {
        self.0.servers.iter().map(|server| server.summary()).collect()
    }

    /// The newest overview; None: there is no such server.
    pub fn overview(&self, id: &ServerId) -> Option<Latest<Overview>> {
        self.server(id).map(|server| sent_now(&server.store.overview.latest()))
    }

    /// The newest activity, with the text of statements.
    pub fn activity(&self, id: &ServerId) -> Option<Latest<Activity>> {
        self.server(id).map(|server| sent_now(&server.store.activity.latest()))
    }

    /// The newest locks, with the text of statements.
    pub fn locks(&self, id: &ServerId) -> Option<Latest<Locks>> {
        self.server(id).map(|server| sent_now(&server.store.locks.latest()))
    }

    /// What is kept of the last hour of lock waits, without the graphs.
    pub fn lock_history(&self, id: &ServerId) -> Option<LockHistory> {
        self.server(id).map(|server| server.lock_history().summary())
    }

    /// The wait-for graph as it was then, with the text of statements. None: there is no such
    /// server, or nothing is known of that moment.
    pub fn locks_at(&self, id: &ServerId, at_ms: i64) -> Option<Graph> {
        self.server(id)?.lock_history().at(at_ms)
    }

    /// The newest replication reading.
    pub fn replication(&self, id: &ServerId) -> Option<Latest<Replication>> {
        self.server(id).map(|server| sent_now(&server.store.replication.latest()))
    }

    /// The newest transaction id ages.
    pub fn vacuum(&self, id: &ServerId) -> Option<Latest<Vacuum>> {
        self.server(id).map(|server| sent_now(&server.store.vacuum.latest()))
    }

    /// Who streams from whom in the cluster of that server.
    pub fn topology(&self, id: &ServerId) -> Topology {
        let readings: Vec<(ServerId, Replication)> = self
            .0
            .servers
            .iter()
            .filter_map(|server| {
                let latest = server.store.replication.latest();
                Some((server.id.clone(), latest.value()?.clone()))
            })
            .collect();
        topology(id, &readings)
    }

    /// Findings of all areas of a server, worst first, and the rules not checked.
    pub fn findings(&self, id: &ServerId) -> (Vec<Finding>, Vec<NotChecked>) {
        self.server(id).map(|server| server.store.findings()).unwrap_or_default()
    }

    /// The frames of one area as they come.
    pub fn subscribe(&self, id: &ServerId, area: AreaName) -> Option<watch::Receiver<Arc<Frame>>> {
        self.server(id).map(|server| server.store.frames(area))
    }

    /// Every rule with its limits in force.
    pub fn rules(&self) -> Vec<RuleEntry> {
        areas::rule_entries(&self.0.limits)
    }

    /// The limits that the configuration sets for rules on plans.
    pub fn plan_limits(&self) -> plan::rules::Limits {
        self.0.limits.of_plans()
    }

    /// What we cost each server.
    pub fn costs(&self) -> Vec<ServerCost> {
        self.0.servers.iter().map(|server| server.costs.of(&server.id, &server.budget)).collect()
    }

    /// Ends all samplers and closes their connections.
    pub async fn stop(&self) {
        self.0.samplers.lock().await.shutdown().await;
    }
}

/// The reading with the clock of the moment it is handed out.
fn sent_now<T: Clone>(latest: &Latest<T>) -> Latest<T> {
    Latest { now_ms: now_ms(), ..latest.clone() }
}

/// pgdeck's clock, ms since the Unix epoch.
pub fn now_ms() -> i64 {
    std::time::UNIX_EPOCH
        .elapsed()
        .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
