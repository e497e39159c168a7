//! The axum state shared by all handlers: engine, authentication, actions, origins, counters.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::Instant;

use engine::Engine;
use leptos::prelude::LeptosOptions;
use model::overhead::OwnCost;
use tokio::sync::watch;

use super::origins::Origins;
use super::traffic::Traffic;
use crate::actions::ActionRunner;
use crate::auth::Auth;
use crate::rate_limit::RateLimiter;

/// The state shared by all requests. Cheap to clone.
#[derive(Clone)]
pub struct AppState(pub Arc<Inner>);

/// What `AppState` shares.
pub struct Inner {
    /// Readings of the watched servers.
    pub engine: Engine,
    /// Authentication.
    pub auth: Auth,
    /// Operator actions and the audit log.
    pub actions: ActionRunner,
    /// Hosts and origins of pgdeck.
    pub origins: Origins,
    /// File names of the client bundle.
    pub options: LeptosOptions,
    /// Bearer tokens.
    pub tokens: RwLock<Tokens>,
    /// How often marks may be asked for.
    pub mark_limiter: RateLimiter,
    /// How often new readings of a server may be asked for.
    pub refresh_limiter: RateLimiter,
    /// What was sent to whom.
    pub traffic: Traffic,
    /// Counters of the event streams.
    pub viewers: Viewers,
    /// Readiness, for `/readyz`.
    pub ready: AtomicBool,
    /// True during graceful shutdown: event streams end then.
    pub stopping: watch::Sender<bool>,
    /// How often other servers were configured: event streams are opened again then.
    pub reloaded: watch::Sender<u64>,
    /// When pgdeck started.
    pub started: Instant,
    /// The same, ms since the epoch.
    pub started_ms: i64,
}

/// The bearer tokens of the configuration.
#[derive(Default)]
pub struct Tokens {
    /// For `/metrics`.
    pub metrics: Option<String>,
    /// For `POST /mark`.
    pub mark: Option<String>,
}

/// Counts event streams.
#[derive(Default)]
pub struct Viewers {
    /// Open now.
    pub open: AtomicU64,
    /// The same by person.
    pub people: Mutex<HashMap<String, u64>>,
    /// Bytes sent since start.
    pub sent_bytes: AtomicU64,
}

impl AppState {
    /// Creates the state.
    pub fn new(
        engine: Engine,
        auth: Auth,
        actions: ActionRunner,
        origins: Origins,
        tokens: Tokens,
    ) -> Self {
        Self(Arc::new(Inner {
            engine,
            auth,
            actions,
            options: leptos_options(origins.listen()),
            origins,
            tokens: RwLock::new(tokens),
            mark_limiter: RateLimiter::new(super::marks::MOST_A_MINUTE),
            refresh_limiter: RateLimiter::new(super::refresh::MOST_A_MINUTE),
            traffic: Traffic::default(),
            viewers: Viewers::default(),
            ready: AtomicBool::new(false),
            stopping: watch::Sender::new(false),
            reloaded: watch::Sender::new(0),
            started: Instant::now(),
            started_ms: engine::now_ms(),
        }))
    }

    /// Resource usage of this process.
    pub fn own_cost(&self) -> OwnCost {
        let viewers = &self.0.viewers;
        OwnCost {
            version: env!("CARGO_PKG_VERSION").into(),
            uptime_s: self.0.started.elapsed().as_secs_f64(),
            resident_bytes: resident_bytes(),
            viewers: viewers.open.load(Ordering::Relaxed),
            sent_bytes: viewers.sent_bytes.load(Ordering::Relaxed),
            servers: self.0.engine.overhead(),
        }
    }
}

fn leptos_options(listen: SocketAddr) -> LeptosOptions {
    LeptosOptions::builder()
        .output_name("pgdeck")
        .site_root("target/site")
        .site_pkg_dir(super::assets::PACKAGE.as_str())
        .site_addr(listen)
        .build()
}

/// Resident memory, from `/proc` (Linux).
fn resident_bytes() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: i64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}
