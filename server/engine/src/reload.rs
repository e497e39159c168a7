//! Other servers and limits while the engine runs: what is the same goes on undisturbed, what is new or other
//! starts, what is gone ends.

use std::sync::{Arc, PoisonError};

use model::ServerId;

use crate::connection::forget_refusals;
use crate::engine::{Engine, start_sampler};
use crate::isolated;
use crate::rule::Limits;
use crate::server::{ServerConfig, WatchedServer};

/// What a reload has changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reloaded {
    /// Servers that were not watched.
    pub added: Vec<ServerId>,
    /// Servers that are reached in another way, or with other labels: they start anew.
    pub changed: Vec<ServerId>,
    /// Servers that are no longer watched.
    pub removed: Vec<ServerId>,
    /// Whether limits of rules have changed: all servers are judged anew and keep their readings.
    pub limits: bool,
}

impl Reloaded {
    /// Whether a page may show another server than before under the same name.
    pub fn is_other(&self) -> bool {
        !(self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty())
    }
}

impl Engine {
    /// Watches these servers from now on, in this order, with these limits. `superuser` is whether EXPLAIN may run
    /// where the role is a superuser. Passwords that were refused are tried again.
    pub async fn reload(
        &self,
        configs: Vec<ServerConfig>,
        limits: Limits,
        superuser: bool,
    ) -> Reloaded {
        let mut samplers = self.0.samplers.lock().await;
        let before = self.all_servers();
        let limits_before = self.limits();
        let limits = Arc::new(limits);
        let mut reloaded = Reloaded { limits: limits != limits_before, ..Reloaded::default() };
        let mut watched = Vec::with_capacity(configs.len());
        for config in &configs {
            let known = before.iter().find(|server| server.id == config.id);
            let server = match known {
                Some(same) if same.is_configured_as(config) => Arc::clone(same),
                _ => Arc::new(WatchedServer::new(config, self.past())),
            };
            server.explains.let_superuser(superuser);
            match known {
                Some(known) if Arc::ptr_eq(known, &server) => {}
                Some(_) => reloaded.changed.push(config.id.clone()),
                None => reloaded.added.push(config.id.clone()),
            }
            watched.push(server);
        }
        let is_watched = |id: &ServerId| configs.iter().any(|config| config.id == *id);
        let gone = before.iter().map(|server| &server.id).filter(|id| !is_watched(id));
        reloaded.removed.extend(gone.cloned());

        // The old samplers end first: two of one server would count twice.
        let ends = |id: &ServerId| {
            reloaded.limits || reloaded.changed.contains(id) || reloaded.removed.contains(id)
        };
        isolated::stop(samplers.extract_if(|id, _| ends(id)).map(|(_, thread)| thread).collect())
            .await;
        forget_refusals();
        let limits = if reloaded.limits { limits } else { limits_before };
        *self.0.limits.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&limits);
        let starting = watched.iter().filter(|server| !samplers.contains_key(&server.id));
        let started: Vec<_> =
            starting.filter_map(|server| start_sampler(server, &limits)).collect();
        samplers.extend(started);
        *self.0.servers.write().unwrap_or_else(PoisonError::into_inner) = watched.into();
        reloaded
    }
}
