//! Builds the wait-for graph from rows of `pg_locks`: queues, roots, deadlocks. Pure.
//!
//! A node is a lock group: a backend with the parallel workers of its query, which never block each
//! other (but for the extension of a relation, which `pg_blocking_pids` leaves out as well). Prepared
//! transactions have no process; their locks are told apart by virtual transaction id.

use std::collections::{BTreeMap, HashMap};

use model::locks::{
    Graph, Hold, LockMode, LockObject, ModeSet, Node, ObjectKind, PreparedTransaction, Queue, Wait,
};

use super::rows::LockRow;
use super::{cycles, queue_order, roots};

/// The names of relations: (database, oid) → name. The database is 0 for shared relations.
pub type Names = HashMap<(i64, i64), String>;

#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    Backend(i32),
    Prepared(String),
}

/// Builds the graph of rows in any order. `complete` says that no row was left out.
pub fn build(
    rows: &[LockRow],
    prepared: &[PreparedTransaction],
    names: &Names,
    complete: bool,
) -> Graph {
    // Waiters first, in the order in which they came. Sorted here: the watched server has other work.
    let mut sorted: Vec<&LockRow> = rows.iter().collect();
    sorted.sort_by_key(|row| {
        (row.granted, row.waitstart_us.is_none(), row.waitstart_us, row.pid, row.mode())
    });
    let mut building = Building::default();
    for row in sorted {
        building.add(row, prepared);
    }
    building.nodes.iter_mut().for_each(|node| node.workers.sort_unstable());
    let wanted = wanted_rows(rows);
    let mut graph = Graph {
        server_now_ms: rows.first().map_or(0, |row| row.server_now_ms),
        nodes: building.nodes,
        queues: building.locks.into_iter().filter_map(|lock| lock.queue(names, &wanted)).collect(),
        complete,
        ..Graph::default()
    };
    // Many short queues are the usual tail of one long one.
    graph.queues.sort_by(|a, b| {
        b.waiters.len().cmp(&a.waiters.len()).then_with(|| a.object.cmp(&b.object))
    });
    graph.cycles = cycles::cycles(&graph);
    graph.roots = roots::roots(&graph);
    graph
}

#[derive(Default)]
struct Building {
    nodes: Vec<Node>,
    node_of: HashMap<Key, u32>,
    locks: Vec<Lock>,
    lock_of: HashMap<LockObject, usize>,
}

struct Lock {
    object: LockObject,
    /// By node and process: modes held, and whether all of them are fast-path locks.
    held: BTreeMap<(u32, Option<i32>), (ModeSet, bool)>,
    waiters: Vec<Wait>,
}

impl Building {
    fn add(&mut self, row: &LockRow, prepared: &[PreparedTransaction]) {
        let Some(mode) = row.mode() else { return };
        let node = self.node(row, prepared);
        let object = row.object();
        let next = self.locks.len();
        let place = *self.lock_of.entry(object).or_insert_with_key(|object| {
            let object = object.clone();
            self.locks.push(Lock { object, held: BTreeMap::new(), waiters: Vec::new() });
            next
        });
        if let Some(lock) = self.locks.get_mut(place) {
            lock.add(row, node, mode);
        }
    }

    fn node(&mut self, row: &LockRow, prepared: &[PreparedTransaction]) -> u32 {
        let session = row.seen_session();
        let leader = session.filter(|s| s.is_parallel_worker()).and_then(|s| s.leader_pid);
        let key = match row.pid {
            Some(pid) => Key::Backend(leader.unwrap_or(pid)),
            None => Key::Prepared(row.virtualtransaction.clone()),
        };
        let next = self.nodes.len() as u32;
        let index = *self.node_of.entry(key).or_insert(next);
        if index == next {
            self.nodes.push(Node { pid: leader.or(row.pid), ..Node::default() });
        }
        if let Some(node) = self.nodes.get_mut(index as usize) {
            describe(node, row, leader.is_some(), prepared);
        }
        index
    }
}

/// Fills in what the row tells of its node.
fn describe(node: &mut Node, row: &LockRow, is_worker: bool, prepared: &[PreparedTransaction]) {
    match row.pid {
        Some(pid) if is_worker => {
            if !node.workers.contains(&pid) {
                node.workers.push(pid);
            }
            if node.session.is_none() {
                node.session = row.seen_session().cloned();
            }
        }
        Some(_) => {
            if let Some(session) = row.seen_session() {
                node.session = Some(session.clone());
            }
        }
        None if node.prepared.is_none() => {
            let known = prepared.iter().find(|p| Some(p.transaction) == row.prepared_xid);
            let unknown = || PreparedTransaction {
                transaction: row.prepared_xid.unwrap_or_default(),
                prepared_ms: row.server_now_ms,
                ..PreparedTransaction::default()
            };
            node.prepared = Some(known.cloned().unwrap_or_else(unknown));
        }
        None => {}
    }
}

impl Lock {
    fn add(&mut self, row: &LockRow, node: u32, mode: LockMode) {
        match row.pid {
            Some(pid) if !row.granted => {
                self.waiters.push(Wait { node, pid, mode, waitstart_us: row.waitstart_us });
            }
            pid => {
                let (modes, fastpath) =
                    self.held.entry((node, pid)).or_insert((ModeSet::default(), true));
                modes.add(mode);
                *fastpath &= row.fastpath;
            }
        }
    }

    /// None when no session waits for it: then it is no part of the graph.
    fn queue(mut self, names: &Names, wanted: &HashMap<i32, LockObject>) -> Option<Queue> {
        if self.waiters.is_empty() {
            return None;
        }
        if self.object.kind == ObjectKind::Transactionid {
            let rows = self.waiters.iter().filter_map(|wait| wanted.get(&wait.pid));
            note_row(&mut self.object, rows);
        }
        let mut by_node: BTreeMap<u32, ModeSet> = BTreeMap::new();
        for ((node, _), (modes, _)) in &self.held {
            by_node.entry(*node).or_default().add_all(*modes);
        }
        let holders = self.held.into_iter();
        Some(Queue {
            object: named(self.object, names),
            holders: holders
                .map(|((node, pid), (modes, fastpath))| Hold { node, pid, modes, fastpath })
                .collect(),
            waiters: queue_order::queued(self.waiters, &by_node),
        })
    }
}

/// By process, the row it wants: while it waits for the transaction that has locked the row, it holds
/// the first place in the queue of that row, a lock on its version.
fn wanted_rows(rows: &[LockRow]) -> HashMap<i32, LockObject> {
    let tuples = rows.iter().filter(|row| row.granted && row.locktype == "tuple");
    tuples.filter_map(|row| Some((row.pid?, row.object()))).collect()
}

/// Notes in a transaction's lock for which row it is waited for, as far as all who wait agree.
fn note_row<'a>(object: &mut LockObject, mut rows: impl Iterator<Item = &'a LockObject>) {
    let Some(first) = rows.next() else { return };
    let place = |row: &LockObject| (row.page, row.tuple);
    let (mut relation, mut same_row) = (true, true);
    for row in rows {
        relation &= (row.database, row.relation) == (first.database, first.relation);
        same_row &= place(row) == place(first);
    }
    if relation {
        (object.database, object.relation) = (first.database, first.relation);
        (object.page, object.tuple) = if same_row { place(first) } else { (None, None) };
    }
}

/// Under which key its name is kept: that of the relation, or of the catalog it is a row of.
pub fn name_key(object: &LockObject) -> Option<(i64, i64)> {
    let catalog = object.classid.filter(|_| object.kind == ObjectKind::Object);
    object.database.zip(object.relation.or(catalog))
}

fn named(object: LockObject, names: &Names) -> LockObject {
    let name = name_key(&object).and_then(|key| names.get(&key)).cloned();
    LockObject { name, ..object }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::locks::{EdgeKind, LockSession};

    fn row(pid: Option<i32>, mode: &str, since: Option<i64>) -> LockRow {
        LockRow {
            locktype: "relation".into(),
            database: Some(5),
            relation: Some(16_384),
            virtualtransaction: format!("{}/1", pid.unwrap_or(-1)),
            mode: mode.into(),
            granted: since.is_none(),
            waitstart_us: since,
            server_now_ms: 10_000,
            pid,
            session: LockSession { backend_start_ms: Some(1), ..LockSession::default() },
            ..LockRow::default()
        }
    }

    fn worker(pid: i32, leader: i32, mode: &str, since: Option<i64>) -> LockRow {
        let mut row = row(Some(pid), mode, since);
        row.session.backend_type = Some("parallel worker".into());
        row.session.leader_pid = Some(leader);
        row
    }

    #[test]
    fn a_parallel_group_is_one_node() {
        let rows = [
            worker(11, 10, "AccessShareLock", None),
            row(Some(10), "AccessShareLock", None),
            row(Some(20), "AccessExclusiveLock", Some(5)),
            worker(12, 10, "AccessShareLock", Some(6)),
        ];
        let graph = build(&rows, &[], &Names::new(), true);
        assert_eq!(graph.nodes.len(), 2);
        let (group, other) = (graph.node_of(10).expect("10"), graph.node_of(20).expect("20"));
        assert_eq!(graph.node_of(12), Some(group));
        assert_eq!(graph.node(group).map(|node| &node.workers[..]), Some(&[11, 12][..]));
        let blocking = graph.blocking();
        assert_eq!(blocking.blockers(other).len(), 1, "two members are one blocker");
        // The late worker is let in before the request that waits for its own leader.
        assert_eq!(blocking.blockers(group), []);
        assert_eq!(graph.cycles, []);
    }

    #[test]
    fn a_prepared_transaction_is_a_root_by_name() {
        let mut held = row(None, "RowExclusiveLock", None);
        held.prepared_xid = Some(740);
        let rows = [row(Some(20), "ShareLock", Some(5)), held];
        let known = PreparedTransaction { transaction: 740, gid: "x".into(), ..Default::default() };
        let graph = build(&rows, &[known], &Names::from([((5, 16_384), "orders".into())]), true);
        let root = graph.roots.first().expect("a root");
        assert_eq!(graph.node(root.node).map(Node::words), Some("prepared transaction 'x'".into()));
        assert_eq!((root.holds_up, root.frees_now), (1, 1));
        let edges = graph.blocking().blockers(0);
        assert_eq!(edges[0].kind, EdgeKind::Hard);
        assert_eq!(graph.queues[0].object.words(), "orders");
    }

    #[test]
    fn a_relation_of_another_database_keeps_its_oid() {
        let rows = [row(Some(1), "ShareLock", Some(5)), row(Some(2), "RowExclusiveLock", None)];
        let graph = build(&rows, &[], &Names::from([((6, 16_384), "orders".into())]), true);
        assert_eq!(graph.queues[0].object.words(), "relation 16384");
    }

    #[test]
    fn predicate_locks_and_unknown_modes_are_left_out() {
        let rows = [row(Some(1), "SIReadLock", None), row(Some(2), "ShareLock", Some(5))];
        let graph = build(&rows, &[], &Names::new(), true);
        assert_eq!(graph.nodes.len(), 1);
    }
}
