//! State of one watched server: configuration, connection state, readings, overhead.

use std::sync::{Arc, PoisonError, RwLock};

use model::server::{ConnectionState, Facts, FirstFinding, Headline};
use model::{Reason, ServerId, ServerSummary};

use crate::areas::{Readings, Store};
use crate::clock::now_ms;
use crate::connection::budget::Budget;
use crate::dsn::Dsn;
use crate::explain::registry::Explains;
use crate::overhead::Overhead;

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
pub struct WatchedServer {
    pub(crate) id: ServerId,
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) address: String,
    /// How to read from it on demand; None for a recording.
    pub(crate) dsn: Option<Dsn>,
    pub(crate) explains: Explains,
    pub(crate) operate: Option<Dsn>,
    pub(crate) budget: Budget,
    pub(crate) overhead: Arc<Overhead>,
    pub(crate) store: Store,
    status: RwLock<(ConnectionState, Option<Facts>)>,
}

impl WatchedServer {
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
            overhead: Arc::new(Overhead::default()),
            store: Store::new(now_ms()),
            status: RwLock::new((ConnectionState::Connecting, None)),
        }
    }

    /// A server shown from a recording.
    pub fn recorded(summary: ServerSummary, readings: Readings) -> Self {
        Self {
            id: summary.id,
            labels: summary.labels,
            address: summary.address,
            dsn: None,
            explains: Explains::default(),
            operate: None,
            budget: Budget::default(),
            overhead: Arc::new(Overhead::default()),
            store: Store::of(readings),
            status: RwLock::new((summary.link, summary.facts)),
        }
    }

    /// What the server is, once known.
    pub fn facts(&self) -> Option<Facts> {
        self.status.read().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    pub(crate) fn set_facts(&self, facts: Facts) {
        self.status.write().unwrap_or_else(PoisonError::into_inner).1 = Some(facts);
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

    /// Its line on the fleet page.
    pub fn summary(&self) -> ServerSummary {
        let (link, facts) = self.status.read().unwrap_or_else(PoisonError::into_inner).clone();
        let (findings, not_checked) = self.store.findings();
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
