//! Replication topology of a cluster, from the newest readings of all watched servers.

use model::ServerId;
use model::replication::Replication;
use model::replication::topology::{Topology, topology};

use super::ReplicationArea;
use crate::engine::Engine;

impl Engine {
    /// Who streams from whom in the cluster of that server.
    pub fn topology(&self, id: &ServerId) -> Topology {
        let readings: Vec<(ServerId, Replication)> = self
            .all_servers()
            .iter()
            .filter_map(|server| {
                let latest = server.store.slot::<ReplicationArea>().latest();
                Some((server.id.clone(), latest.value()?.clone()))
            })
            .collect();
        topology(id, &readings)
    }
}
