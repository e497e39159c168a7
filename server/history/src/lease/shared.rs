//! What a writer needs of a store that others write too: its leases, and what it read of others' servers.

use std::collections::HashSet;
use std::time::Duration;

use super::Leases;
use super::share::ServerKey;
use super::standby::Standby;
use crate::beside::Beside;
use crate::db::Db;
use crate::names::Source;
use crate::pending::Batch;
use crate::plan::Plan;
use crate::settings::Settings;

/// So many leases' lengths what was read of others' servers is kept: their end, the look at them, and a flush.
const KEPT_LEASES: u32 = 4;

/// Of one process.
#[derive(Debug)]
pub(crate) struct Shared {
    leases: Leases,
    standby: Standby,
}

/// The server of a source.
pub(crate) fn key_of(source: &Source) -> ServerKey {
    (source.cluster.clone(), source.server.clone())
}

impl Shared {
    /// Nothing held, nothing kept.
    pub(crate) fn new(process: &str, settings: &Settings) -> Self {
        let keep = Duration::from_millis(settings.lease_ms) * KEPT_LEASES;
        Self {
            leases: Leases::new(process, settings.lease_ms),
            standby: Standby::new(keep, settings.buffer),
        }
    }

    /// The leases.
    pub(crate) fn leases(&self) -> &Leases {
        &self.leases
    }

    /// Which servers are being read.
    pub(crate) fn read(&mut self, batch: &Batch) {
        let ticks = batch.ticks.iter().map(|tick| &tick.source);
        let blobs = batch.beside.iter().filter_map(|item| match item {
            Beside::Blob(source, _) | Beside::State(source, _) => Some(source),
            _ => None,
        });
        let sources: HashSet<&Source> = ticks.chain(blobs).collect();
        for source in sources {
            self.leases.read(key_of(source));
        }
        // One that cannot be read at present may be read by another process.
        for gap in &batch.gaps {
            self.leases.tried(key_of(&gap.source));
        }
    }

    /// Looks at the leases, if it is time; gives the servers with whose recording others may have gone on.
    pub(crate) async fn look(&mut self, db: &Db) -> Result<Vec<ServerKey>, sqlx::Error> {
        if self.leases.is_due() { self.leases.look(db).await } else { Ok(Vec::new()) }
    }

    /// What this process has to write: its servers, with what it read of them before they were its own. Texts
    /// and plans are the same whoever writes them, and what concerns all servers is told to one process only.
    pub(crate) fn plan<'a>(&'a self, batch: &'a Batch) -> Plan<'a> {
        let holds = |source: &Source| self.leases.holds(&key_of(source));
        let mut plan = Plan {
            gaps: batch.gaps.iter().filter(|gap| holds(&gap.source)).collect(),
            beside: batch.beside.iter().filter(|item| self.is_own(item)).collect(),
            ..Plan::default()
        };
        let waiting = self.standby.sources().filter(|source| holds(source));
        let waiting = waiting.flat_map(|source| self.standby.of(source));
        plan.add(waiting.map(|waiting| (&waiting.tick, waiting.before_ms)));
        let mut before = std::collections::HashMap::new();
        let reads = batch.ticks.iter().map(|tick| {
            let last = before.insert(&tick.source, tick.at_ms);
            (tick, last.or_else(|| self.standby.last_ms(&tick.source)))
        });
        plan.add(reads.filter(|(tick, _)| holds(&tick.source)));
        plan
    }

    fn is_own(&self, item: &Beside) -> bool {
        match item {
            Beside::Text(_) | Beside::Plan(..) => true,
            Beside::Blob(source, _) | Beside::State(source, _) => {
                self.leases.holds(&key_of(source))
            }
            Beside::Event(event) => {
                let key = (event.cluster.clone(), event.server.clone());
                event.cluster.is_empty() || event.server.is_empty() || self.leases.holds(&key)
            }
        }
    }

    /// The plan is written; what others record is kept for a moment.
    pub(crate) fn settle(&mut self, batch: &mut Batch) {
        let own: Vec<Source> = self
            .standby
            .sources()
            .filter(|source| self.leases.holds(&key_of(source)))
            .cloned()
            .collect();
        for source in &own {
            self.standby.forget(source);
        }
        for tick in batch.ticks.drain(..) {
            if self.leases.holds(&key_of(&tick.source)) {
                self.standby.written(&tick);
            } else {
                self.standby.keep(tick);
            }
        }
        self.standby.trim();
    }

    /// These are another's now.
    pub(crate) fn lose(&mut self, keys: &[ServerKey]) {
        self.leases.lose(keys);
    }

    /// Gives everything back.
    pub(crate) async fn leave(&mut self, db: &Db) -> Result<(), sqlx::Error> {
        self.leases.leave(db).await
    }
}
