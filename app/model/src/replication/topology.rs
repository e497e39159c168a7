//! Replication topology of a cluster: matches walsenders with the standbys that are watched.

use serde::{Deserialize, Serialize};

use crate::replication::{Lag, Replication, Sender, StreamKind};
use crate::server::ServerId;

/// A server in the drawing: watched by us, or only seen from the other end of a link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// The watched server, None when only its sender or receiver tells of it.
    pub server: Option<ServerId>,
    /// What to write on it.
    pub name: String,
    /// Primary, standby, or not known.
    pub kind: Kind,
    /// Distance from the primary: column of the drawing.
    pub depth: usize,
    /// A standby's own lag, where known.
    pub lag: Option<Lag>,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Takes writes.
    Primary,
    /// Replays WAL of another server.
    Standby,
    /// Receives a logical stream or a backup.
    Consumer,
}

/// A stream of WAL between two nodes (indices into `Topology::nodes`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stream {
    /// Where it comes from.
    pub from: usize,
    /// Where it goes.
    pub to: usize,
    /// What the sender says of it; None when the sender's server is not watched or has no such
    /// sender (the link is cut at that end).
    pub sender: Option<Sender>,
}

/// The drawing of one cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Topology {
    /// Nodes, nearest the primary first.
    pub nodes: Vec<Node>,
    /// Streams.
    pub streams: Vec<Stream>,
}

/// The topology of the cluster that `of` belongs to, from the newest readings of all servers.
///
/// Servers belong together when their system identifiers are equal; where it cannot be read, a
/// server stands alone. A sender is matched to a watched standby by slot name, then by
/// application_name against the standby's cluster_name or server name, then by being the only one left.
pub fn topology(of: &ServerId, readings: &[(ServerId, Replication)]) -> Topology {
    let Some(cluster) = readings
        .iter()
        .find(|(id, _)| id == of)
        .map(|(_, replication)| replication.position.system_identifier.clone())
    else {
        return Topology::default();
    };
    let together = readings.iter().filter(|(id, r)| {
        id == of || (cluster.is_some() && r.position.system_identifier == cluster)
    });
    let members = each_server_once(of, together);
    let mut drawn = Topology {
        nodes: members.iter().map(|(id, replication)| watched(id, replication)).collect(),
        streams: Vec::new(),
    };
    let mut linked = vec![false; members.len()];
    for (from, (_, replication)) in members.iter().enumerate() {
        for sender in replication.senders.iter().flatten() {
            let to = match receiver_of(sender, from, &members, &linked) {
                Some(to) => {
                    if let Some(mark) = linked.get_mut(to) {
                        *mark = true;
                    }
                    to
                }
                None => {
                    drawn.nodes.push(seen_from_sender(sender));
                    drawn.nodes.len().saturating_sub(1)
                }
            };
            drawn.streams.push(Stream { from, to, sender: Some(sender.clone()) });
        }
    }
    set_depths(&mut drawn);
    drawn
}

/// One server can be watched twice, directly and through a pooler: it is drawn once, under the name
/// by which it was asked for.
fn each_server_once<'a>(
    of: &ServerId,
    all: impl Iterator<Item = &'a (ServerId, Replication)>,
) -> Vec<&'a (ServerId, Replication)> {
    let mut members: Vec<&(ServerId, Replication)> = Vec::new();
    for member in all {
        match members.iter_mut().find(|known| is_same_server(&known.1, &member.1)) {
            Some(known) if member.0 == *of => *known = member,
            Some(_) => {}
            None => members.push(member),
        }
    }
    members
}

fn is_same_server(one: &Replication, other: &Replication) -> bool {
    let identity = |r: &Replication| {
        let position = &r.position;
        (
            position.system_identifier.clone(),
            position.started_ms,
            position.port,
            position.in_recovery,
        )
    };
    identity(one).0.is_some() && identity(one) == identity(other)
}

fn watched(id: &ServerId, replication: &Replication) -> Node {
    let standby = replication.position.in_recovery;
    Node {
        server: Some(id.clone()),
        name: id.to_string(),
        kind: if standby { Kind::Standby } else { Kind::Primary },
        depth: 0,
        lag: replication.lag.as_ref().ok().copied(),
    }
}

fn seen_from_sender(sender: &Sender) -> Node {
    let name = sender.application_name.clone().filter(|name| !name.is_empty());
    let name = name.or_else(|| sender.client_addr.clone());
    let replays = matches!(sender.kind(), StreamKind::Standby | StreamKind::Unknown);
    Node {
        server: None,
        name: name.unwrap_or_else(|| format!("walsender {}", sender.pid)),
        kind: if replays { Kind::Standby } else { Kind::Consumer },
        depth: 0,
        lag: None,
    }
}

/// The watched standby at the other end of `sender`, as an index into `members`.
fn receiver_of(
    sender: &Sender,
    from: usize,
    members: &[&(ServerId, Replication)],
    linked: &[bool],
) -> Option<usize> {
    let open = |index: &usize| {
        *index != from
            && linked.get(*index) == Some(&false)
            && members.get(*index).is_some_and(|(_, r)| r.position.in_recovery)
    };
    let candidates: Vec<usize> = (0..members.len()).filter(open).collect();
    let by = |test: &dyn Fn(&ServerId, &Replication) -> bool| {
        candidates
            .iter()
            .copied()
            .find(|index| members.get(*index).is_some_and(|(id, r)| test(id, r)))
    };
    by(&|_, r| {
        let slot =
            r.receiver.as_ref().ok().and_then(Option::as_ref).and_then(|r| r.slot_name.clone());
        slot.is_some() && slot == sender.slot_name
    })
    .or_else(|| {
        by(&|id, r| {
            let name = sender.application_name.as_deref().unwrap_or_default();
            !name.is_empty() && (name == id.as_str() || name == r.position.cluster_name)
        })
    })
    .or_else(|| match candidates.as_slice() {
        [only] if sender.application_name.as_deref() == Some("walreceiver") => Some(*only),
        _ => None,
    })
}

fn set_depths(drawn: &mut Topology) {
    // At most one pass per node: a chain of cascades is never longer than the nodes there are.
    for _ in 0..drawn.nodes.len() {
        for stream in &drawn.streams {
            let depth = drawn.nodes.get(stream.from).map_or(0, |node| node.depth).saturating_add(1);
            let limit = drawn.nodes.len();
            if let Some(node) = drawn.nodes.get_mut(stream.to) {
                node.depth = node.depth.max(depth.min(limit));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reason::Reason;
    use crate::replication::Position;

    fn server(
        name: &str,
        in_recovery: bool,
        started_ms: i64,
        senders: Vec<Sender>,
    ) -> (ServerId, Replication) {
        let position = Position {
            in_recovery,
            started_ms,
            system_identifier: Some("7".into()),
            ..Position::default()
        };
        let replication = Replication {
            position,
            senders: Ok(senders),
            slots: Ok(vec![]),
            receiver: Ok(None),
            lag: Err(Reason::NotYet),
            subscriptions: Ok(vec![]),
            archiver: Err(Reason::NotYet),
            sync_waits: Err(Reason::NotYet),
            history: vec![],
        };
        (ServerId::new(name), replication)
    }

    fn sender(name: &str) -> Sender {
        Sender {
            application_name: Some(name.into()),
            state: Some("streaming".into()),
            ..Sender::default()
        }
    }

    #[test]
    fn a_server_watched_twice_is_drawn_once() {
        let readings = [
            server("primary", false, 1, vec![sender("copy")]),
            server("pooler", false, 1, vec![sender("copy")]),
            server("copy", true, 2, vec![]),
        ];
        let drawn = topology(&ServerId::new("pooler"), &readings);
        let names: Vec<_> = drawn.nodes.iter().map(|node| node.name.as_str()).collect();
        assert_eq!(names, ["pooler", "copy"]);
        assert_eq!(drawn.streams.len(), 1);
    }

    #[test]
    fn a_cascade_has_depths_and_an_unwatched_standby_is_drawn() {
        let readings = [
            server("a", false, 1, vec![sender("b"), sender("elsewhere")]),
            server("b", true, 2, vec![sender("c")]),
            server("c", true, 3, vec![]),
        ];
        let drawn = topology(&ServerId::new("a"), &readings);
        let depths: Vec<_> = drawn.nodes.iter().map(|n| (n.name.as_str(), n.depth)).collect();
        assert_eq!(depths, [("a", 0), ("b", 1), ("c", 2), ("elsewhere", 1)]);
    }
}
