//! State of one watched server: configuration, connection state, readings, overhead.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use history::{History, Recorder};
use model::server::{ConnectionState, Facts, FirstFinding, Headline};
use model::{Cause, Finding, NotChecked, Reason, ServerId, ServerSummary};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::areas::{self, Readings, Store};
use crate::clock::now_ms;
use crate::connection::budget::Budget;
use crate::dsn::Dsn;
use crate::explain::registry::Explains;
use crate::measure::registry::Measures;
use crate::overhead::Overhead;
use crate::remembered::Past;

/// A sampler that has heard nothing for this long is held by its server: one question and the clearing up
/// after it take at most two deadlines of four seconds.
const SILENT_AFTER: Duration = Duration::from_secs(9);

/// How a server is reached; from the configuration.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// Its name.
    pub id: ServerId,
    /// How to read from it.
    pub dsn: Dsn,
    /// How to act on it, when actions are wanted.
    pub operate: Option<Dsn>,
    /// Labels for the fleet page.
    pub labels: Vec<(String, String)>,
    /// The cores of its machine, where the configuration says so.
    pub cores: Option<u32>,
}

/// A server under watch.
pub struct WatchedServer {
    pub(crate) id: ServerId,
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) address: String,
    /// The cores of its machine, by the configuration.
    pub(crate) cores: Option<u32>,
    /// How to read from it on demand; None for a recording.
    pub(crate) dsn: Option<Dsn>,
    pub(crate) explains: Explains,
    /// Measurements on request.
    pub(crate) measures: Measures,
    pub(crate) operate: Option<Dsn>,
    pub(crate) budget: Budget,
    pub(crate) overhead: Arc<Overhead>,
    pub(crate) store: Store,
    /// Where its readings are recorded; None without a history store.
    pub(crate) recorder: Option<Recorder>,
    /// What was recorded of it before.
    pub(crate) past: Option<Past>,
    status: RwLock<(ConnectionState, Option<Facts>)>,
    /// Where its sampler runs.
    thread: RwLock<Option<Handle>>,
    /// Tells the loops of the sampler that somebody wants new readings of what is read seldom.
    pub(crate) refresh: watch::Sender<()>,
}

impl WatchedServer {
    /// A server of which nothing is known yet.
    pub fn new(config: &ServerConfig, past: Option<&History>) -> Self {
        Self {
            address: config.dsn.address(),
            dsn: Some(config.dsn.clone()),
            explains: Explains::default(),
            measures: Measures::default(),
            id: config.id.clone(),
            labels: config.labels.clone(),
            cores: config.cores,
            operate: config.operate.clone(),
            budget: Budget::default(),
            overhead: Arc::new(Overhead::default()),
            store: Store::new(now_ms()),
            recorder: past.map(History::recorder),
            past: past.and_then(Past::new),
            status: RwLock::new((ConnectionState::Connecting, None)),
            thread: RwLock::default(),
            refresh: watch::Sender::new(()),
        }
    }

    /// Whether it is watched as `config` says.
    pub(crate) fn is_configured_as(&self, config: &ServerConfig) -> bool {
        let ServerConfig { id, dsn, operate, labels, cores } = config;
        let how = (&self.id, self.dsn.as_ref(), &self.operate, &self.labels, &self.cores);
        how == (id, Some(dsn), operate, labels, cores)
    }

    /// A server shown from a recording.
    pub fn recorded(summary: ServerSummary, readings: Readings) -> Self {
        Self {
            id: summary.id,
            labels: summary.labels,
            address: summary.address,
            cores: None,
            dsn: None,
            explains: Explains::default(),
            measures: Measures::default(),
            operate: None,
            budget: Budget::default(),
            overhead: Arc::new(Overhead::default()),
            store: Store::of(readings),
            recorder: None,
            past: None,
            status: RwLock::new((summary.link, summary.facts)),
            thread: RwLock::default(),
            refresh: watch::Sender::new(()),
        }
    }

    /// What the server is, once known.
    pub fn facts(&self) -> Option<Facts> {
        self.status.read().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    pub(crate) fn set_facts(&self, facts: Facts) {
        self.status.write().unwrap_or_else(PoisonError::into_inner).1 = Some(facts);
    }

    /// Whether it is being read.
    pub(crate) fn is_up(&self) -> bool {
        matches!(self.link(), ConnectionState::Up)
    }

    pub(crate) fn set_link(&self, link: ConnectionState) {
        self.status.write().unwrap_or_else(PoisonError::into_inner).0 = link;
    }

    /// Notes that the server cannot be read, in its link and in every area.
    pub(crate) fn lost(&self, reason: Reason) {
        let now_ms = now_ms();
        self.store.fail(now_ms, &reason);
        let mut status = self.status.write().unwrap_or_else(PoisonError::into_inner);
        let since_ms = match &status.0 {
            ConnectionState::Lost { since_ms, .. } => *since_ms,
            ConnectionState::Connecting | ConnectionState::Up => now_ms,
        };
        status.0 = ConnectionState::Lost { since_ms, reason };
    }

    /// Names the thread that serves it.
    pub(crate) fn serve_on(&self, thread: Handle) {
        *self.thread.write().unwrap_or_else(PoisonError::into_inner) = Some(thread);
    }

    /// Runs a task on the thread that serves it: what it sends can hold nothing else.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        task: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        match &*self.thread.read().unwrap_or_else(PoisonError::into_inner) {
            Some(thread) => thread.spawn(task),
            None => tokio::spawn(task),
        }
    }

    /// Whether we talk to it. The sampler itself cannot say that its server holds it: a flood of messages
    /// keeps it from noticing its own deadline.
    fn link(&self) -> ConnectionState {
        let link = self.status.read().unwrap_or_else(PoisonError::into_inner).0.clone();
        let silent = self.overhead.silent_for().filter(|silent| *silent > SILENT_AFTER);
        match (link, silent) {
            (ConnectionState::Up, Some(silent)) => ConnectionState::Lost {
                since_ms: now_ms() - i64::try_from(silent.as_millis()).unwrap_or(i64::MAX),
                reason: held(silent),
            },
            (link, _) => link,
        }
    }

    /// Findings of all areas, worst first, and the rules not checked: all, while its sampler is held.
    pub fn findings(&self) -> (Vec<Finding>, Vec<NotChecked>) {
        match self.link() {
            ConnectionState::Lost { reason, .. } if self.is_sampled() => {
                let unchecked = areas::abouts()
                    .map(|(rule, _)| NotChecked { rule: rule.to_owned(), reason: reason.clone() });
                (Vec::new(), unchecked.collect())
            }
            // A recording does not grow old.
            _ => self.store.findings(self.is_sampled().then(now_ms)),
        }
    }

    fn is_sampled(&self) -> bool {
        self.thread.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Its line on the fleet page.
    pub fn summary(&self) -> ServerSummary {
        let (link, facts) = (self.link(), self.facts());
        let (findings, not_checked) = self.findings();
        ServerSummary {
            id: self.id.clone(),
            labels: self.labels.clone(),
            address: self.address.clone(),
            headline: match link {
                ConnectionState::Up => self.store.headline(),
                _ => self.past_headline(),
            },
            link,
            facts,
            worst: model::ranking::worst(&findings),
            first: findings.first().map(FirstFinding::from),
            blind: not_checked.iter().filter(|one| one.is_blind()).count(),
        }
    }

    /// Numbers of a server we do not hear from are history, not the present.
    fn past_headline(&self) -> Headline {
        let transactions_spark = self.store.headline().transactions_spark;
        Headline { transactions_spark, ..Headline::default() }
    }
}

/// Why nothing is heard of a server that holds its sampler.
pub(crate) fn held(silent: Duration) -> Reason {
    Reason::Unreachable {
        cause: Cause::TimedOut,
        message: format!("No reading has ended for {} s.", silent.as_secs()),
        remedy: "Check the server's load, and that host and port belong to PostgreSQL: a service that sends without a pause does this as well.".into(),
    }
}
