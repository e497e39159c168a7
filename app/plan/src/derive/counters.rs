//! Buffers, I/O time and WAL of each node itself: its counters minus those of its children.

use serde::{Deserialize, Serialize};

use super::Derived;
use super::attribution::Payers;
use crate::node::{Node, Plan};

/// A counter that EXPLAIN prints with everything below included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are EXPLAIN's own, see COUNTERS")]
pub enum Counter {
    SharedHit,
    SharedRead,
    SharedDirtied,
    SharedWritten,
    LocalHit,
    LocalRead,
    LocalDirtied,
    LocalWritten,
    TempRead,
    TempWritten,
    IoRead,
    IoWrite,
    WalRecords,
    WalFpi,
    WalBytes,
}

/// The counters in their order and the keys that feed them. Blocks are of 8 kB as built; I/O times
/// are ms over all processes.
pub const COUNTERS: [(Counter, &[&str]); 15] = [
    (Counter::SharedHit, &["Shared Hit Blocks"]),
    (Counter::SharedRead, &["Shared Read Blocks"]),
    (Counter::SharedDirtied, &["Shared Dirtied Blocks"]),
    (Counter::SharedWritten, &["Shared Written Blocks"]),
    (Counter::LocalHit, &["Local Hit Blocks"]),
    (Counter::LocalRead, &["Local Read Blocks"]),
    (Counter::LocalDirtied, &["Local Dirtied Blocks"]),
    (Counter::LocalWritten, &["Local Written Blocks"]),
    (Counter::TempRead, &["Temp Read Blocks"]),
    (Counter::TempWritten, &["Temp Written Blocks"]),
    (
        Counter::IoRead,
        &["I/O Read Time", "Shared I/O Read Time", "Local I/O Read Time", "Temp I/O Read Time"],
    ),
    (
        Counter::IoWrite,
        &["I/O Write Time", "Shared I/O Write Time", "Local I/O Write Time", "Temp I/O Write Time"],
    ),
    (Counter::WalRecords, &["WAL Records"]),
    (Counter::WalFpi, &["WAL FPI"]),
    (Counter::WalBytes, &["WAL Bytes"]),
];

/// The counters of one node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Counters([f64; COUNTERS.len()]);

impl Counters {
    /// One of them.
    pub fn get(&self, counter: Counter) -> f64 {
        self.0.get(counter as usize).copied().unwrap_or(0.0)
    }

    fn printed(node: &Node) -> Option<Self> {
        let mut counters = Self::default();
        let mut any = false;
        for ((_, keys), value) in COUNTERS.iter().zip(&mut counters.0) {
            for number in keys.iter().filter_map(|key| node.number(key)) {
                *value += number;
                any = true;
            }
        }
        any.then_some(counters)
    }

    /// Takes off what is there at most, and gives what is left to take.
    fn take(&mut self, mut wanted: Self) -> Self {
        for (own, wanted) in self.0.iter_mut().zip(&mut wanted.0) {
            let taken = wanted.min(*own);
            *own -= taken;
            *wanted -= taken;
        }
        wanted
    }
}

pub(super) fn derive(plan: &Plan, payers: &[Payers], derived: &mut Derived) {
    let printed: Vec<Option<Counters>> = plan.nodes.iter().map(Counters::printed).collect();
    // TEXT leaves zeros out: when any node prints counters, none means zero.
    if printed.iter().all(Option::is_none) {
        return;
    }
    let mut own: Vec<Counters> =
        printed.iter().map(|printed| printed.unwrap_or_default()).collect();
    let parents = |payer: &Payers| matches!(payer, Payers::Parent(_));
    for sure in [true, false] {
        for (at, payer) in payers.iter().enumerate().filter(|(_, payer)| parents(payer) == sure) {
            let mut rest = printed.get(at).copied().flatten().unwrap_or_default();
            let users: &[usize] = match payer {
                Payers::Root => &[],
                Payers::Parent(parent) => std::slice::from_ref(parent),
                Payers::Scans(users) | Payers::OneOf(users) => users,
            };
            for user in users {
                if let Some(own) = own.get_mut(*user) {
                    rest = own.take(rest);
                }
            }
        }
    }
    for (out, own) in derived.nodes.iter_mut().zip(own) {
        out.counters = Some(own);
    }
}
