//! One watched server: its connection data, its readings, its costs.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use model::server::{Facts, Headline, Link};
use model::{Reason, ServerId, ServerSummary};

use crate::areas::{Readings, Store};
use crate::connect::Budget;
use crate::costs::Costs;
use crate::dsn::Dsn;
use crate::explain::Explains;
use crate::locks::history::History;

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
}

/// A server under watch.
pub struct Watched {
    pub(crate) id: ServerId,
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) address: String,
    /// How to read from it on demand; None for a recording.
    pub(crate) dsn: Option<Dsn>,
    pub(crate) explains: Explains,
    pub(crate) operate: Option<Dsn>,
    pub(crate) budget: Budget,
    pub(crate) costs: Arc<Costs>,
    pub(crate) store: Store,
    status: RwLock<(Link, Option<Facts>)>,
    lock_history: Mutex<History>,
}

impl Watched {
    /// A server of which nothing is known yet.
    pub fn new(config: &ServerConfig) -> Self {
        Self {
            address: config.dsn.address(),
            dsn: Some(config.dsn.clone()),
            explains: Explains::default(),
            id: config.id.clone(),
            labels: config.labels.clone(),
            operate: config.operate.clone(),
            budget: Budget::default(),
            costs: Arc::new(Costs::default()),
            store: Store::new(crate::now_ms()),
            status: RwLock::new((Link::Connecting, None)),
            lock_history: Mutex::default(),
        }
    }

    /// A server shown from a recording.
    pub fn recorded(summary: ServerSummary, readings: Readings) -> Self {
        let watched = Self {
            id: summary.id,
            labels: summary.labels,
            address: summary.address,
            dsn: None,
            explains: Explains::default(),
            operate: None,
            budget: Budget::default(),
            costs: Arc::new(Costs::default()),
            store: Store::of(readings),
            status: RwLock::new((summary.link, summary.facts)),
            lock_history: Mutex::default(),
        };
        watched.remember_locks();
        watched
    }

    /// The last hour of lock waits.
    pub(crate) fn lock_history(&self) -> MutexGuard<'_, History> {
        // It is whole after every tick it took, so a poisoned lock holds nothing broken.
        self.lock_history.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds the newest reading of locks to their history.
    pub(crate) fn remember_locks(&self) {
        let latest = self.store.locks.latest();
        if let (Some(reading), None) = (&latest.reading, &latest.failure) {
            self.lock_history().record(reading.at_ms, &reading.value);
        }
    }

    /// What the server is, once known.
    pub fn facts(&self) -> Option<Facts> {
        self.status.read().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    pub(crate) fn set_facts(&self, facts: Facts) {
        self.status.write().unwrap_or_else(PoisonError::into_inner).1 = Some(facts);
    }

    pub(crate) fn set_link(&self, link: Link) {
        self.status.write().unwrap_or_else(PoisonError::into_inner).0 = link;
    }

    /// Notes that the server cannot be read, in its link and in every area.
    pub(crate) fn lost(&self, reason: Reason) {
        let now_ms = crate::now_ms();
        self.store.fail(now_ms, &reason);
        let mut status = self.status.write().unwrap_or_else(PoisonError::into_inner);
        let since_ms = match &status.0 {
            Link::Lost { since_ms, .. } => *since_ms,
            Link::Connecting | Link::Up => now_ms,
        };
        status.0 = Link::Lost { since_ms, reason };
    }

    /// Its line on the fleet page.
    pub fn summary(&self) -> ServerSummary {
        let (link, facts) = self.status.read().unwrap_or_else(PoisonError::into_inner).clone();
        let (findings, _) = self.store.findings();
        let worst = findings.iter().map(|finding| finding.severity).max();
        ServerSummary {
            id: self.id.clone(),
            labels: self.labels.clone(),
            address: self.address.clone(),
            headline: if link == Link::Up { self.headline() } else { self.spark_only() },
            link,
            facts,
            worst: worst.map(|severity| (severity, findings.len())),
        }
    }

    /// Numbers of a server we do not hear from are history, not the present.
    fn spark_only(&self) -> Headline {
        Headline { transactions_spark: self.headline().transactions_spark, ..Headline::default() }
    }

    fn headline(&self) -> Headline {
        let latest = self.store.overview.latest();
        let Some(overview) = latest.value() else { return Headline::default() };
        let sessions = overview.sessions.as_ref().ok();
        let window = overview.windows.last();
        Headline {
            transactions_per_s: window.and_then(|w| w.transactions_per_s),
            connections: sessions.map(|s| s.connections),
            max_connections: sessions.map(|s| s.max_connections),
            active: window.and_then(|w| w.active),
            waiting_for_lock: window.and_then(|w| w.waiting_for_lock),
            cache_hit_percent: window.and_then(|w| w.cache_hit_percent),
            lag_bytes: window.and_then(|w| w.lag_bytes),
            lag_ms: window.and_then(|w| w.lag_ms),
            transactions_spark: overview.windows.iter().map(|w| w.transactions_per_s).collect(),
        }
    }
}
